// The page of the picture: a Monaco editor with the YAML language server, the schema and the example beside this file.

import * as monaco from 'monaco-editor/esm/vs/editor/edcore.main.js';
import 'monaco-editor/esm/vs/basic-languages/yaml/yaml.contribution.js';
import { configureMonacoYaml } from 'monaco-yaml';
import schema from '../../schema/settings.v2.schema.json';
import text from './settings.yaml';
import './page.css';

self.monaco = monaco; // for shoot.mjs, which waits for what the server finds
self.MonacoEnvironment = {
  getWorker: (_, label) => new Worker(label === 'yaml' ? 'yaml.worker.js' : 'editor.worker.js', { type: 'module' }),
};

configureMonacoYaml(monaco, {
  // Not the schema's own id: the server in this version would try to fetch a URN.
  schemas: [{ fileMatch: ['**/experimaestro/settings.yaml'], schema, uri: 'file:///settings.v2.schema.json' }],
});

monaco.editor.defineTheme('picture', {
  base: 'vs-dark',
  inherit: true,
  rules: [],
  colors: {
    'editor.background': '#1f2228',
    'editor.lineHighlightBorder': '#00000000',
    'editorSuggestWidget.background': '#292d35',
    'editorSuggestWidget.border': '#4a505a',
  },
});

// The editor measures its font only once, when it is created.
const fonts = ['14px "JetBrains Mono"', '14px "Inter"', 'bold 14px "Inter"'];
await Promise.all(fonts.map((font) => document.fonts.load(font)));

const editor = monaco.editor.create(document.getElementById('editor'), {
  model: monaco.editor.createModel(text.trimEnd(), 'yaml', monaco.Uri.parse('file:///experimaestro/settings.yaml')),
  theme: 'picture',
  fontFamily: 'JetBrains Mono',
  fontSize: 14,
  lineHeight: 22,
  padding: { top: 8 },
  cursorBlinking: 'solid',
  minimap: { enabled: false },
  overviewRulerLanes: 0,
  scrollbar: { vertical: 'hidden', horizontal: 'hidden', verticalScrollbarSize: 0 },
  fixedOverflowWidgets: true,
});
editor.focus();
