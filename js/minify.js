// Makes https.min.js of https.js: `node js/minify.js < js/https.js > js/https.min.js`.
//
// It takes out comments and spaces, puts numbers in the place of `const`s, gives shorter names to what the file
// declares and to properties that begin with _, and makes expressions of small statements. It knows no scopes: a name
// is renamed everywhere or nowhere, and names that no top-level statement has both of may become one: always safe.
// What it does not know (templates, classes, destructuring, a name that is declared nowhere, a statement without `;`)
// it refuses, and so it does what Espruino understands otherwise than others.
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
    /(0x[\da-fA-F]+|\d+(?:\.\d+)?(?:e\d+)?)/,
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

// Which top-level statement each token is in, and the names that are declared outside of functions.
function statements(tokens) {
  const places = [], outer = new Set();
  for (let i = 0, depth = 0, place = 0, declares = false; i < tokens.length; i++) {
    const { kind, text } = tokens[i];
    places.push(place);
    if (depth === 0 && (text === 'var' || text === ';')) declares = text === 'var';
    const isFunction = i && tokens[i - 1].text === 'function';
    if (depth === 0 && kind === 'name' && (declares || isFunction)) outer.add(text);
    if (kind !== 'mark') continue;
    if ('([{'.includes(text)) depth++;
    if (')]}'.includes(text)) depth--;
    if (depth === 0 && (text === ';' || text === '}')) place++;
  }
  return { places, outer };
}

function rename(tokens) {
  const declared = declaredNames(tokens), { places, outer } = statements(tokens);
  const count = { names: new Map(), properties: new Map() }, taken = new Set(), used = new Map();
  const tally = (map, name) => map.set(name, (map.get(name) || 0) + 1);
  tokens.forEach((t, i) => {
    if (t.kind !== 'name' || KEYWORDS.has(t.text)) return;
    if (isProperty(tokens, i)) {
      if (/^_[^_]/.test(t.text)) tally(count.properties, t.text);
    } else if (declared.has(t.text)) {
      tally(count.names, t.text);
      used.set(t.text, (used.get(t.text) || new Set()).add(places[i]));
    } else if (GLOBALS.has(t.text)) taken.add(t.text);
    else throw new Error(`${t.text} is declared nowhere`);
  });
  const often = (map) => [...map].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
  // Two names may become one where no statement has both, unless both are declared outside of functions.
  const names = new Map();
  const collide = (a, b) => outer.has(a) && outer.has(b) || [...used.get(a)].some((place) => used.get(b).has(place));
  for (const name of often(count.names)) {
    const others = [...names].filter(([other]) => collide(name, other)).map(([, short]) => short);
    names.set(name, shortNames(new Set([...taken, ...others])).next().value);
  }
  const generator = shortNames(new Set('abcdefghijklmnopqrstuvwxyz'));
  const properties = new Map(often(count.properties).map((name) => [name, generator.next().value]));
  return tokens.map((t, i) => {
    if (t.kind !== 'name') return t;
    const short = isProperty(tokens, i) ? properties.get(t.text) : names.get(t.text) || SHORTER[t.text];
    return short ? { kind: 'name', text: short } : t;
  });
}

const WEAK = new Set(['=', '+=', '-=', '*=', '/=', '|=', '&=', '||', '?', ',']);

// The place of the first of these marks outside of brackets; -1 if something of `but`, or a bracket's end, comes first.
function find(tokens, from, marks, but) {
  for (let depth = 0, i = from; i < tokens.length; i++) {
    const t = tokens[i].kind === 'mark' ? tokens[i].text : '';
    if (depth === 0 && t && marks.includes(t)) return i;
    if (depth === 0 && (but.has(t) || t === '{')) return -1;
    if ('([{'.includes(t || ' ')) depth++;
    if (')]}'.includes(t || ' ') && --depth < 0) return -1;
  }
  return -1;
}

const isIf = (tokens, i) => tokens[i].text === 'if' && tokens[i].kind === 'name' && !isProperty(tokens, i);
// Whether a statement that begins with this is an expression.
const isExpression = (t) => t.text !== '{' && t.text !== ';' &&
  (!KEYWORDS.has(t.text) || t.text === 'this' || t.text === 'delete' || t.kind === 'string');

// `{ a(); b(); }` is `a(), b();` after `if (...)`, `else` and the like.
function shorterBlocks(tokens) {
  for (let i = tokens.length - 2; i > 0; i--) {
    const before = tokens[i - 1];
    if (tokens[i].text !== '{' || tokens[i].kind !== 'mark') continue;
    if (before.text !== ')' && before.text !== 'else') continue;
    if (before.text === ')') {
      // whose parentheses? `if` alone: a function's body and that of `catch` keep their braces
      let open = i - 1;
      for (let depth = 0; ; open--) {
        if (tokens[open].kind === 'mark' && ')]}'.includes(tokens[open].text)) depth++;
        if (tokens[open].kind === 'mark' && '([{'.includes(tokens[open].text) && --depth === 0) break;
      }
      if (!tokens[open - 1] || !isIf(tokens, open - 1)) continue;
    }
    const marks = [];
    let at = i + 1;
    while (tokens[at].text !== '}' && isExpression(tokens[at])) {
      at = find(tokens, at, ';', new Set());
      if (at < 0) break;
      marks.push(at++);
    }
    if (at < 0 || tokens[at].text !== '}' || !marks.length) continue;
    const last = marks.pop();
    for (const mark of marks) tokens[mark] = { kind: 'mark', text: ',' };
    tokens.splice(at, 1);
    tokens[last] = { kind: 'mark', text: ';' };
    tokens.splice(i, 1);
  }
  return tokens;
}

// `if (a) b(); else c();` is `a ? b() : c();`, three bytes less as Espruino keeps it; and `if (a) b();` is `a && b();`,
// two bytes less: where nothing in it binds weaker.
function shorterIfs(tokens) {
  const assigns = new Set([...WEAK].filter((t) => t !== '||')), comma = new Set([',']), choice = new Set([',', '?']);
  for (let i = tokens.length - 3; i >= 0; i--) {
    if (!isIf(tokens, i)) continue;
    let close = find(tokens, i + 2, ')', assigns);
    if (close < 0 || !isExpression(tokens[close + 1])) continue;
    let end = find(tokens, close + 1, ';', choice);
    if (end >= 0 && tokens[end + 1] && tokens[end + 1].text === 'else') {
      if (!isExpression(tokens[end + 2]) || find(tokens, end + 2, ';', comma) < 0) continue;
      tokens.splice(end, 2, { kind: 'mark', text: ':' });
      tokens[close] = { kind: 'mark', text: '?' };
      tokens.splice(i, 2);
      continue;
    }
    close = find(tokens, i + 2, ')', WEAK);
    end = close < 0 ? -1 : find(tokens, close + 1, ';', WEAK);
    if (end < 0) continue;
    tokens[close] = { kind: 'mark', text: '&&' };
    tokens.splice(i, 2);
  }
  return tokens;
}

// Until nothing changes any more: what has become an expression makes what is around it one.
function shorter(tokens) {
  for (let before = 0; before !== tokens.length;) {
    before = tokens.length;
    shorterIfs(shorterBlocks(tokens));
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
  const minified = print(shorter(rename(tokens)));
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
