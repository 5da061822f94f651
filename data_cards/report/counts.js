// The charts: each adds up the embedded counts under the filter, and says so where there is nothing to add.

const range = (count) => Array.from({ length: count }, (_, at) => at);
const FIFTHS = ['easiest', 'second', 'third', 'fourth', 'hardest'];
const powerName = (power) => (power < 0 ? 'under 1' : power === 0 ? '1' : `${brief(2 ** power)}–${brief(2 ** (power + 1) - 1)}`);

function wilson(right, samples) {
  const z = 1.96, rate = right / samples, scale = 1 + z * z / samples;
  const middle = (rate + z * z / (2 * samples)) / scale;
  const half = z * Math.sqrt(rate * (1 - rate) / samples + z * z / (4 * samples * samples)) / scale;
  return { rate, low: Math.max(0, middle - half), high: Math.min(1, middle + half), right, samples };
}

function counting(data, state) {
  const counts = data.counts;
  const fits = (family, level, split) => (state.family < 0 || family === state.family) &&
    (state.level < 0 || level === state.level) && (state.split < 0 || split === undefined || split === state.split);
  const ofTeacher = (teacher) => state.teacher < 0 || teacher === state.teacher;
  const problems = () => counts.problems.filter((cell) => fits(cell[0], cell[1], cell[2]));
  const traces = () => counts.traces.filter((cell) => ofTeacher(cell[0]) && fits(cell[1], cell[2], cell[3]));
  const sum = (cells, keep, at) => cells.reduce((total, cell) => total + (keep(cell) ? cell[at] : 0), 0);
  const distinct = (cells, at) => [...new Set(cells.map((cell) => cell[at]))].sort((a, b) => a - b);
  const between = (values) => (values.length ? range(values[values.length - 1] - values[0] + 1).map((n) => n + values[0]) : []);
  const series = (names) => names.map((name, at) => ({ name, colour: colour(at), at }));
  const allLevels = distinct(counts.problems, 1);

  function families() {
    const cells = problems(), parts = series(counts.splits);
    const rows = distinct(cells, 0).map((family) => ({ name: counts.families[family], family,
      values: parts.map((part) => sum(cells, (cell) => cell[0] === family && cell[2] === part.at, 6)) }));
    return rows.length && {
      series: parts,
      draw: (width, label) => barsAcross(width, { rows, series: parts, label, pickName: 'Only',
        pick: (row) => state.set('family', state.family === row.family ? -1 : row.family) }),
      heads: ['family', 'kind', ...counts.splits], rows: rows.map((row) => [row.name, counts.kinds[row.family], ...row.values]),
    };
  }

  function levels() {
    const cells = problems(), parts = series(counts.splits), present = distinct(cells, 1);
    const values = (part) => present.map((level) => sum(cells, (cell) => cell[1] === level && cell[2] === part.at, 6));
    const names = present.map(levelName), made = parts.map((part) => ({ ...part, values: values(part) }));
    return present.length && {
      series: parts, draw: (width, label) => barsUp(width, { names, series: made, label, xName: 'level' }),
      heads: ['level', ...counts.splits], rows: names.map((name, at) => [name, ...made.map((one) => one.values[at])]),
    };
  }

  function heatOf(at, nameOf, yName) {
    const cells = problems(), present = distinct(cells, 1), steps = between(distinct(cells, at));
    const grid = steps.map((step) => present.map((level) => sum(cells, (cell) => cell[1] === level && cell[at] === step, 6)));
    const columns = present.map(levelName), rows = steps.map(nameOf);
    return steps.length && {
      draw: (width, label) => heat(width, { columns, rows, counts: grid, label, xName: 'level', yName }),
      heads: [yName, ...columns.map((name) => (name === 'knobs' ? name : `level ${name}`))], rows: rows.map((name, down) => [name, ...grid[down]]),
    };
  }

  function passRates(places, at, nameOf, xName) {
    const cells = traces().filter((cell) => counts.teachers[cell[0]] !== 'oracle' && !cell[7]), teachers = distinct(cells, 0);
    const shown = places || between(distinct(cells, at)), names = shown.map(nameOf);
    const made = teachers.map((teacher) => ({ name: counts.teachers[teacher], colour: colour(teacher),
      points: shown.map((place) => {
        const mine = cells.filter((cell) => cell[0] === teacher && cell[at] === place);
        const samples = sum(mine, () => true, 8);
        return samples ? wilson(sum(mine, (cell) => counts.outcomes[cell[6]] === 'right', 8), samples) : null;
      }) }));
    return teachers.length && {
      series: made, draw: (width, label) => lines(width, { names, series: made, label, xName }),
      heads: [xName, ...made.flatMap((one) => [`${one.name}: right`, 'samples', 'pass rate'])],
      rows: names.map((name, place) => [name, ...made.flatMap(({ points }) => (points[place]
        ? [points[place].right, points[place].samples, share(points[place].right, points[place].samples)] : ['', '', '']))]),
    };
  }

  function outcomes() {
    const cells = traces(), parts = counts.outcomes.map((name) => ({ name, colour: OUTCOME_COLOURS[name] }));
    const rows = distinct(cells, 0).map((teacher) => ({ name: counts.teachers[teacher], teacher,
      values: parts.map((_, at) => sum(cells, (cell) => cell[0] === teacher && cell[6] === at, 8)) }));
    return rows.length && {
      series: parts, draw: (width, label) => barsAcross(width, { rows, series: parts, label, pickName: 'Only',
        pick: (row) => state.set('teacher', state.teacher === row.teacher ? -1 : row.teacher) }),
      heads: ['teacher', ...counts.outcomes], rows: rows.map((row) => [row.name, ...row.values]),
    };
  }

  function steps() {
    const parts = [{ name: 'hold', colour: 'var(--right)' }, { name: 'do not follow', colour: 'var(--wrong)' }];
    const mine = counts.steps.filter((cell) => cell[4] && ofTeacher(cell[0]));
    const rows = mine.map(([teacher, outcome, , , checked, wrong]) =>
      ({ name: `${counts.teachers[teacher]}, ${counts.outcomes[outcome]}`, values: [checked - wrong, wrong] }));
    return rows.length && {
      series: parts, draw: (width, label) => barsAcross(width, { rows, series: parts, label }),
      heads: ['traces', 'traces', 'with checked steps', 'steps checked', 'wrong'],
      rows: mine.map(([teacher, outcome, ...sums]) => [`${counts.teachers[teacher]}, ${counts.outcomes[outcome]}`, ...sums]),
    };
  }

  function lengths(what) {
    const cells = counts.lengths.filter((cell) => cell[0] === what && (cell[1] < 0 || ofTeacher(cell[1])) && fits(cell[2], cell[3], cell[4]));
    const places = between(distinct(cells, 5)), names = places.map((place) => brief(Math.round(2 ** (place / 2))));
    const made = distinct(cells, 1).map((teacher) => ({ name: teacher < 0 ? 'prompts' : counts.teachers[teacher],
      colour: teacher < 0 ? 'var(--bar)' : colour(teacher),
      values: places.map((place) => sum(cells, (cell) => cell[1] === teacher && cell[5] === place, 6)) }));
    return made.length && {
      series: made.length > 1 || what ? made : null,
      draw: (width, label) => outlines(width, { names, series: made, label, xName: `${counts.what[what]}, from` }),
      heads: ['from', ...made.map((one) => one.name)], rows: names.map((name, at) => [name, ...made.map((one) => one.values[at])]),
    };
  }

  function dropped() {
    const cells = counts.dropped.filter((cell) => fits(cell[0], cell[1])), parts = series(counts.reasons);
    const rows = distinct(cells, 0).map((family) => ({ name: family < 0 ? 'others' : counts.families[family],
      values: parts.map((part) => sum(cells, (cell) => cell[0] === family && cell[2] === part.at, 3)) }));
    return rows.length && {
      series: parts, draw: (width, label) => barsAcross(width, { rows, series: parts, label }),
      heads: ['family', ...counts.reasons], rows: rows.map((row) => [row.name, ...row.values]),
    };
  }

  function certificates() {
    const cells = counts.certificates.filter((cell) => fits(cell[0], cell[1], cell[2]));
    const rows = distinct(cells, 3).map((claim) => ({ name: counts.claims[claim], values: [sum(cells, (cell) => cell[3] === claim, 4)] }));
    rows.sort((a, b) => b.values[0] - a.values[0]);
    const parts = [{ name: 'problems', colour: 'var(--bar)' }];
    return rows.length && {
      draw: (width, label) => barsAcross(width, { rows, series: parts, label, names: 0.6 }),
      heads: ['certificate', 'problems'], rows: rows.map((row) => [row.name, ...row.values]),
    };
  }

  const noTeacher = 'No samples of a teacher here: pass rates are not measured.';
  return [
    { title: 'Problems by family', note: 'By split. Choose a bar to see that family alone.', make: families, none: 'No problems.' },
    { title: 'Problems by level', note: 'By split.', make: levels, none: 'No problems.' },
    { title: 'Hardness: tier by level', note: 'The hardest deduction rule that a problem needs. Each column is the histogram of one level.',
      make: () => heatOf(3, String, 'tier'), none: 'No problems.' },
    { title: 'Hardness: effort by level', note: 'Work of the solver, in units of its family: choose one family to compare.',
      make: () => heatOf(4, powerName, 'effort'), none: 'No problems.' },
    { title: 'Pass rate by level', note: 'Share of right samples, with 95 % intervals (Wilson); helped samples left out.',
      make: () => passRates(allLevels.filter((level) => state.level < 0 || level === state.level), 2, levelName, 'level'), none: noTeacher },
    state.family < 0
      ? { title: 'Pass rate by hardness', note: 'Problems of each family in fifths of their measured effort; helped samples left out.',
        make: () => passRates(range(5), 5, (at) => FIFTHS[at], 'fifth of effort within the family'), none: noTeacher }
      : { title: 'Pass rate by hardness', note: `By measured effort of ${counts.families[state.family]}; helped samples left out.`,
        make: () => passRates(null, 4, powerName, 'effort'), none: noTeacher },
    { title: 'Outcomes by teacher', note: 'What the judge made of every trace.', make: outcomes, none: 'No traces.' },
    { title: 'Checked steps', note: 'Steps that the judge derived again, by the outcome of their trace; all families and levels.', make: steps, none: 'No steps were checked.' },
    { title: 'Length of prompts', note: 'Characters, in steps of half a doubling.', make: () => lengths(0), none: 'No prompts.' },
    { title: 'Length of reasoning', note: 'Characters before the reply; shares of each teacher’s traces.', make: () => lengths(1), none: 'No reasoning.' },
    { title: 'Length of replies', note: 'Characters of the reply itself.', make: () => lengths(2), none: 'No replies.' },
    { title: 'Completion tokens', note: 'As the server counted them.', make: () => lengths(3), none: 'No tokens were counted: not measured.' },
    { title: 'Dropped, by reason', note: 'Tried and not kept; `dropped/` names each by its key. All splits.', make: dropped, none: 'Nothing was dropped, or it was not recorded.' },
    { title: 'Certificates', note: 'What was proved of each problem, and by what.', full: true, make: certificates, none: 'No certificates.' },
  ];
}

function drawCharts(data, state) {
  const home = $('charts'), open = new Set([...home.querySelectorAll('figure')].filter((f) => f.querySelector('details[open]')).map((f) => f.dataset.title));
  const focus = document.activeElement && document.activeElement.getAttribute('data-pick');
  const columns = window.matchMedia('(max-width: 900px)').matches ? [el('div', {})] : [el('div', {}), el('div', {})];
  const under = el('div', { class: 'full' }), empty = [];
  home.replaceChildren(...columns, under);
  for (const { title, note, make, none, full } of counting(data, state)) {
    const made = make();
    if (!made) { empty.push([title, none]); continue; }
    const place = el('div', { class: 'draw' });
    const home = full ? under : columns.reduce((a, b) => (b.offsetHeight < a.offsetHeight ? b : a));
    home.append(el('figure', { 'data-title': title }, el('figcaption', {}, el('h3', {}, title), el('p', {}, note)),
      made.series && legend(made.series), place,
      el('details', { open: open.has(title) }, el('summary', {}, 'Numbers'), numbersTable(made.heads, made.rows))));
    place.replaceChildren(made.draw(Math.max(240, place.clientWidth), title));
  }
  if (empty.length) {
    under.append(el('figure', { 'data-title': 'Not drawn' }, el('figcaption', {}, el('h3', {}, 'Not drawn')),
      el('dl', { class: 'facts plain' }, empty.map(([title, none]) => [el('dt', {}, title), el('dd', {}, none)]))));
  }
  const again = focus && [...home.querySelectorAll('[data-pick]')].find((node) => node.getAttribute('data-pick') === focus);
  if (again) again.focus();
}
