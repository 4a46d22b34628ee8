// Makes https.min.js of https.js: `node js/minify.js < js/https.js > js/https.min.js`.
//
// It takes out comments and spaces, puts numbers in the place of `const`s, and gives shorter names to what the file
// declares and to properties that begin with _. It knows no scopes: a name is renamed everywhere or nowhere, which is
// always safe. What it does not know (templates, classes, destructuring, a name that is declared nowhere, a statement
// without `;`) it refuses, and so it does what Espruino understands otherwise than others.
// Without --full it leaves out what is between `//{ full` and `//} full`.
// With --spaces it takes out comments and spaces only, which works for more of the language.
'use strict';
const fs = require('fs');

const KEYWORDS = new Set(('var const function return if else for in while do break continue switch case default new ' +
  'delete typeof instanceof throw try catch finally this true false null undefined void').split(' '));
const REFUSED = new Set('let class import export async await yield with super get set static of'.split(' '));
// What https.js may use without declaring it: in Espruino, on the smallest board.
const GLOBALS = new Set(('Array ArrayBuffer E Error Infinity JSON Math Object btoa changeInterval clearInterval ' +
  'clearTimeout exports parseInt process require setInterval setTimeout').split(' '));
const SHORTER = { true: '!0', false: '!1', undefined: 'void 0' };
const BEFORE_REGEX = new Set(['(', ',', '=', ':', '[', '!', '&&', '||', '?', '{', '}', ';', 'return']);

function tokenize(text) {
  const token = new RegExp([
    /(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)+/,
    /([A-Za-z_$][\w$]*)/,
    /(0x[\da-fA-F]+|\d+(?:\.\d+)?)/,
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/,
    /(`(?:[^`\\]|\\.)*`|=>|===|!==|[=!<>]=|&&|\|\||\+\+|--|[-+*/|&]=|[-{}()[\];,<>+*/%&|^!~?:=.])/,
  ].map((r) => r.source).join('|'), 'y');
  const regex = /\/(?:[^\/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[gimsuy]*/y;
  const tokens = [];
  let at = 0;
  while (at < text.length) {
    const last = tokens.length ? tokens[tokens.length - 1] : { text: ';' };
    const comment = text.startsWith('//', at) || text.startsWith('/*', at);
    const pattern = text[at] === '/' && !comment && BEFORE_REGEX.has(last.text) ? regex : token;
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) {
      const line = text.slice(0, at).split('\n').length;
      throw new Error(`line ${line}: this is not understood: ${text.slice(at, at + 20)}`);
    }
    at = pattern.lastIndex;
    if (pattern === regex) tokens.push({ kind: 'regex', text: match[0] });
    else if (match[1] !== undefined) tokens.push({ kind: 'name', text: match[1] });
    else if (match[2] !== undefined) tokens.push({ kind: 'number', text: match[2] });
    else if (match[3] !== undefined) tokens.push({ kind: 'string', text: match[3] });
    else if (match[4] !== undefined) tokens.push({ kind: match[4][0] === '`' ? 'template' : 'mark', text: match[4] });
    else if (tokens.length && match[0].includes('\n')) last.line = true; // its line ends here
  }
  return tokens;
}

// `.name`, and `name :` in an object.
function isProperty(tokens, i) {
  const before = i ? tokens[i - 1].text : '', after = i + 1 < tokens.length ? tokens[i + 1].text : '';
  return before === '.' || (after === ':' && (before === '{' || before === ','));
}

// What Espruino's regular expressions don't have: counts, `?`, groups that are alternatives or look around, \b, \1.
function refuseRegex(text) {
  const source = text.slice(1, text.lastIndexOf('/')), flags = text.slice(text.lastIndexOf('/') + 1);
  const outside = source.replace(/\\[^bB1-9pPukc]/g, '').replace(/\[\^?(?:[^\]\\]|\\.)+\]/g, '');
  if (/[?{|\\]|\[|\(\?/.test(outside) || /[^gi]/.test(flags)) throw new Error(`${text} is not understood by Espruino`);
}

// `a[x] = a[y] = value`: where x and y are the same new name, Espruino's object has it twice.
function refuseChain(tokens) {
  for (let i = 1; i < tokens.length; i++) {
    if (tokens[i].text !== '=' || tokens[i - 1].text !== ']') continue;
    for (let j = i + 1; tokens[j] && !';{'.includes(tokens[j].text); j++) {
      if (tokens[j].text === '=' && tokens[j - 1].text === ']')
        throw new Error('a[x] = a[y] = value is not understood: Espruino may make two of it');
    }
  }
}

// Takes out `const NAME = number;` and puts the numbers where the names are.
function inlineConstants(tokens) {
  const values = new Map(), kept = [];
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i].text !== 'const') {
      kept.push(tokens[i]);
      continue;
    }
    const [name, equals, value, end] = tokens.slice(i + 1, i + 5);
    const once = name.kind === 'name' && !values.has(name.text);
    if (!once || equals.text !== '=' || value.kind !== 'number' || end.text !== ';')
      throw new Error(`const ${name.text}: only numbers, each once, are understood`);
    values.set(name.text, value);
    i += 4;
  }
  return kept.map((t, i) => (t.kind === 'name' && values.has(t.text) && !isProperty(kept, i) ? values.get(t.text) : t));
}

// Names after `var`, `function`, in parameter lists and after `catch`.
function declaredNames(tokens) {
  const names = new Set();
  const add = (t) => {
    if (t.kind !== 'name' || KEYWORDS.has(t.text)) throw new Error(`${t.text}: a name was expected`);
    names.add(t.text);
  };
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i].kind === 'name' && REFUSED.has(tokens[i].text) && !isProperty(tokens, i))
      throw new Error(`${tokens[i].text} is not understood`);
    if (tokens[i].text === 'var') {
      // One declaration after the other: name, then anything up to a comma or the end outside of brackets.
      for (let depth = 0, expectName = true, j = i + 1; ; j++) {
        const t = tokens[j].text;
        if (expectName) add(tokens[j]);
        expectName = false;
        if ('([{'.includes(t)) depth++;
        else if (')]}'.includes(t)) depth--;
        else if (depth === 0 && t === ',') expectName = true;
        if (depth < 0 || (depth === 0 && (t === ';' || t === 'in'))) break;
      }
    } else if (tokens[i].text === 'function' || tokens[i].text === 'catch') {
      let j = i + 1;
      if (tokens[j].kind === 'name') add(tokens[j++]);
      if (tokens[j].text !== '(') throw new Error('( was expected');
      while (tokens[++j].text !== ')') if (tokens[j].text !== ',') add(tokens[j]);
    }
  }
  return names;
}

// a, b, ... z, A, ... aa, ... without those that are taken.
function* shortNames(taken) {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
  for (let n = 0; ; n++) {
    let name = '';
    for (let i = n; ; i = Math.floor(i / letters.length) - 1) {
      name = letters[i % letters.length] + name;
      if (i < letters.length) break;
    }
    if (!taken.has(name) && !KEYWORDS.has(name)) yield name;
  }
}

function rename(tokens) {
  const declared = declaredNames(tokens);
  const count = { names: new Map(), properties: new Map() }, taken = new Set();
  const tally = (map, name) => map.set(name, (map.get(name) || 0) + 1);
  tokens.forEach((t, i) => {
    if (t.kind !== 'name' || KEYWORDS.has(t.text)) return;
    if (isProperty(tokens, i)) {
      if (/^_[^_]/.test(t.text)) tally(count.properties, t.text);
    } else if (declared.has(t.text)) tally(count.names, t.text);
    else if (GLOBALS.has(t.text)) taken.add(t.text);
    else throw new Error(`${t.text} is declared nowhere`);
  });
  const assign = (map, generator, prefix) => new Map([...map].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([name]) => [name, prefix + generator.next().value]));
  const names = assign(count.names, shortNames(taken), '');
  const properties = assign(count.properties, shortNames(new Set('abcdefghijklmnopqrstuvwxyz')), '');
  return tokens.map((t, i) => {
    if (t.kind !== 'name') return t;
    const short = isProperty(tokens, i) ? properties.get(t.text) : names.get(t.text) || SHORTER[t.text];
    return short ? { kind: 'name', text: short } : t;
  });
}

// `if (a) b();` is `a && b();`, two bytes less as Espruino keeps it: where there is no `else`, and nothing that binds
// weaker.
function shorterIfs(tokens) {
  const weak = new Set(['=', '+=', '-=', '*=', '/=', '|=', '&=', '||', '?', ',']);
  // The first of these marks outside of brackets; -1 if something else that matters comes before it.
  const find = (from, mark) => {
    for (let depth = 0, i = from; i < tokens.length; i++) {
      const t = tokens[i].kind === 'mark' ? tokens[i].text : '';
      if (depth === 0 && t === mark) return i;
      if (depth === 0 && (weak.has(t) || t === '{')) return -1;
      if ('([{'.includes(t || ' ')) depth++;
      if (')]}'.includes(t || ' ') && --depth < 0) return -1;
    }
    return -1;
  };
  for (let i = tokens.length - 3; i >= 0; i--) {
    if (tokens[i].text !== 'if' || tokens[i].kind !== 'name' || isProperty(tokens, i)) continue;
    const close = find(i + 2, ')');
    const first = close < 0 ? null : tokens[close + 1];
    if (!first || (KEYWORDS.has(first.text) && first.text !== 'this')) continue;
    const end = find(close + 1, ';');
    if (end < 0 || (tokens[end + 1] && tokens[end + 1].text === 'else')) continue;
    tokens[close] = { kind: 'mark', text: '&&' };
    tokens.splice(i, 2);
  }
  return tokens;
}

function print(tokens, lines) {
  let text = '';
  tokens.forEach((t, i) => {
    const next = tokens[i + 1];
    if (t.text === ';' && next && next.text === '}') return;
    const wordy = (a) => /[\w$]/.test(a);
    const last = text[text.length - 1] || ' ';
    if ((wordy(last) && wordy(t.text[0])) || ('+-'.includes(last) && last === t.text[0])) text += ' ';
    text += t.text + (lines && t.line && !';{},('.includes(t.text) ? '\n' : '');
  });
  return text;
}

function minify(text) {
  const tokens = inlineConstants(tokenize(text));
  const odd = tokens.find((t) => t.kind === 'template' || t.text === '=>');
  if (odd) throw new Error(`${odd.text} is not understood`);
  for (const t of tokens) if (t.kind === 'regex') refuseRegex(t.text);
  refuseChain(tokens);
  const minified = print(shorterIfs(rename(tokens)));
  // A statement that ended with its line only would now run into the next one.
  new Function('exports', 'require', minified);
  return `/* espruino-tls, MIT licence */\n${minified}\n`;
}

// Each of these marks has a line of its own, and they come in pairs.
function withoutFull(text) {
  const parts = text.split(/^ *\/\/([{}]) full\n/m);
  const marks = parts.filter((_, i) => i % 2).join('');
  if (/[^{}]/.test(marks) || marks.replace(/\{\}/g, '')) throw new Error('`//{ full` and `//} full` are no pairs');
  return parts.filter((_, i) => i % 4 === 0).join('');
}

const source = fs.readFileSync(0, 'utf8');
const [option] = process.argv.slice(2);
if (option === '--spaces') process.stdout.write(print(tokenize(source), true));
else process.stdout.write(minify(option === '--full' ? source : withoutFull(source)));
