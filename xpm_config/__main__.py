"""`python -m xpm_config`."""

import sys

from xpm_config.cli import main

sys.exit(main())
