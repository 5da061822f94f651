// The page: its data, the filter that all parts follow, and the address that keeps the filter.

const data = JSON.parse($('data').textContent);
const root = document.documentElement;
const { counts } = data;

const state = {
  family: -1, level: -1, split: -1, teacher: -1, outcome: -1, steps: '', query: '',
  set(name, value) { state[name] = value; controls(); changed(); },
  keep(sample) { chosenId = sample ? sample.id : ''; address(); },
};
let chosenId = '';

const FILTERS = [
  ['family', 'Family', () => counts.families.map((name, at) => [at, name])],
  ['level', 'Level', () => [...new Set(counts.problems.map((cell) => cell[1]))].sort((a, b) => a - b).map((level) => [level, levelName(level)])],
  ['split', 'Split', () => counts.splits.map((name, at) => [at, name])],
  ['teacher', 'Teacher', () => counts.teachers.map((name, at) => [at, name])],
  ['outcome', 'Outcome', () => counts.outcomes.map((name, at) => [at, name])],
  ['steps', 'Steps', () => [['held', 'all hold'], ['wrong', 'one is wrong'], ['none', 'none checked']]],
];
const none = (name) => (name === 'steps' ? '' : -1);

function controls() {
  for (const [name] of FILTERS) {
    const select = $(`filter-${name}`);
    select.value = String(state[name]);
    select.classList.toggle('set', state[name] !== none(name));
  }
  $('query').classList.toggle('set', state.query !== '');
}

function makeFilters() {
  const selects = FILTERS.map(([name, title, options]) => el('label', {}, title, el('select', { id: `filter-${name}`, onchange: (event) => {
    state.set(name, name === 'steps' ? event.target.value : Number(event.target.value));
  } }, el('option', { value: none(name) }, 'all'), options().map(([value, text]) => el('option', { value }, text)))));
  let waiting = 0;
  const search = el('label', { class: 'search' }, 'Search in prompts, reasoning, replies', el('input', { id: 'query', type: 'search', autocomplete: 'off',
    spellcheck: 'false', placeholder: 'Press / to search', oninput: (event) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { state.query = event.target.value.trim().toLowerCase(); controls(); samples.narrow(); }, 120);
    } }));
  const toggle = el('button', { type: 'button', class: 'quiet toggle', id: 'toggle', 'aria-expanded': 'false', onclick: () => {
    toggle.setAttribute('aria-expanded', String($('filters').classList.toggle('open')));
  } }, 'Filters');
  const clear = el('button', { type: 'button', class: 'quiet', id: 'clear', onclick: () => {
    for (const [name] of FILTERS) state[name] = none(name);
    state.query = $('query').value = '';
    controls();
    changed();
  } }, 'Clear');
  $('filters').append(...selects, search, toggle, clear);
  $('filters').addEventListener('submit', (event) => event.preventDefault());
}

function address() {
  const parts = FILTERS.filter(([name]) => state[name] !== none(name)).map(([name]) => `${name}=${state[name]}`);
  if (state.query) parts.push(`query=${encodeURIComponent(state.query)}`);
  if (chosenId) parts.push(`row=${chosenId}`);
  history.replaceState(null, '', parts.length ? `#${parts.join('&')}` : location.pathname + location.search);
}

function fromAddress() {
  const told = new URLSearchParams(location.hash.slice(1));
  for (const [name, , options] of FILTERS) {
    const value = told.get(name), fits = options().map(([one]) => one).find((one) => String(one) === value);
    if (fits !== undefined) state[name] = fits;
  }
  state.query = (told.get('query') || '').toLowerCase();
  $('query').value = state.query;
  return told.get('row');
}

function tiles() {
  const add = (cells, keep, at) => cells.reduce((sum, cell) => sum + (keep(cell) ? cell[at] : 0), 0);
  const problems = data.all.problems, traces = add(counts.traces, () => true, 8);
  const right = add(counts.traces, (cell) => counts.outcomes[cell[6]] === 'right', 8);
  const steps = add(counts.steps, () => true, 4), wrong = add(counts.steps, () => true, 5);
  const unanswerable = add(counts.problems, (cell) => !cell[5], 6);
  const dropped = add(counts.dropped, () => true, 3);
  return [
    [whole(problems), `problems of ${plural(counts.families.length, 'family', 'families')}`],
    [whole(traces), `traces of ${plural(counts.teachers.length, 'teacher')}`],
    [share(right, traces), 'of the traces are right'],
    [whole(steps), steps ? `steps checked, ${whole(wrong)} do not follow` : 'steps checked'],
    [share(unanswerable, problems), 'of the problems are unanswerable'],
    [whole(dropped), 'tried and dropped'],
  ].map(([value, text]) => el('div', { class: 'tile' }, el('b', {}, value), el('span', {}, text)));
}

function notes() {
  const { limits, all } = data, shown = data.samples.length;
  $('lead').textContent = `${plural(all.problems, 'problem')} and ${plural(all.traces, 'trace')} in ${plural(counts.splits.length, 'split')}. Written by ${data.made_by}.`;
  $('counts-note').textContent = 'Charts count every row of the dataset, under the filter above; outcome, steps and search filter the samples only.'
    + (counts.orphans ? ` ${plural(counts.orphans, 'trace')} of problems that are not here ${counts.orphans === 1 ? 'is' : 'are'} left out.` : '');
  const why = limits.full ? `the page may hold ${limits.bytes / 1e6} MB` : `--samples ${limits.samples}`;
  put($('samples-note'),
    shown < all.problems
      ? `Not all rows: ${whole(shown)} of ${plural(all.problems, 'problem')}, spread over families, levels, splits and outcomes by their ids (${why}). `
      : 'Every problem of the dataset. ',
    `At most ${limits.traces} traces a problem and ${whole(limits.characters)} characters a text. `,
    'Keys: ', el('kbd', {}, '/'), ' search, ', el('kbd', {}, '↑'), ' ', el('kbd', {}, '↓'), ' in the list, ', el('kbd', {}, '←'), ' ', el('kbd', {}, '→'), ' between traces.');
  $('footer').textContent = `${data.made_by} · one file, nothing is loaded from elsewhere and nothing is sent.`;
}

function changed() {
  drawCharts(data, state);
  samples.narrow();
}

const dark = window.matchMedia('(prefers-color-scheme: dark)');
root.dataset.theme = dark.matches ? 'dark' : 'light';
dark.addEventListener('change', () => { root.dataset.theme = dark.matches ? 'dark' : 'light'; });
$('theme').addEventListener('click', () => { root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark'; });
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && !event.target.closest('input, select')) { event.preventDefault(); $('query').focus(); }
  if (event.key === 'Escape' && event.target === $('query')) { $('list').focus(); }
});
let last = window.innerWidth;
window.addEventListener('resize', () => { if (window.innerWidth !== last) { last = window.innerWidth; drawCharts(data, state); } });

makeFilters();
const samples = browsing(data, state);
const row = fromAddress();
$('tiles').replaceChildren(...tiles());
notes();
controls();
changed();
if (row) samples.open(row);
root.dataset.ready = 'yes';
