// The browser of samples: a list that the filter and the search narrow, and one problem whole beside it.

const SHOWN = 100;

function browsing(data, state) {
  const { counts, samples } = data;
  let found = [], shown = SHOWN, chosen = null, tab = 0;

  const textOf = (sample) => {
    if (sample.low === undefined) {
      const parts = [sample.key, sample.id, sample.answer, sample.certificate, ...sample.prompt.map(([, text]) => text)];
      for (const trace of sample.traces) parts.push(trace.reasoning, trace.reply, trace.reason, trace.read || '', counts.teachers[trace.teacher]);
      sample.low = parts.join('\n').toLowerCase();
    }
    return sample.low;
  };
  const stepsFit = ([checked, wrong]) => state.steps === '' || (state.steps === 'none' ? checked === null
    : checked !== null && (state.steps === 'wrong' ? wrong > 0 : wrong === 0));
  const traceFits = (trace) => (state.teacher < 0 || trace.teacher === state.teacher) &&
    (state.outcome < 0 || trace.outcome === state.outcome) && stepsFit(trace.steps);
  const anyTrace = () => state.teacher >= 0 || state.outcome >= 0 || state.steps !== '';
  const fits = (sample) => (state.family < 0 || sample.family === state.family) && (state.level < 0 || sample.level === state.level) &&
    (state.split < 0 || sample.split === state.split) && (!anyTrace() || sample.traces.some(traceFits)) &&
    (!state.query || textOf(sample).includes(state.query));

  const outcomeName = (trace) => counts.outcomes[trace.outcome];
  const traceName = (trace) => `${counts.teachers[trace.teacher]} ${trace.verbosity || trace.sample}${trace.variant === 'plain' ? '' : ` ${trace.variant}`}`;
  // The outcome's colour; a ring says that a step is wrong.
  const dotOf = (trace) => {
    const node = dot(OUTCOME_COLOURS[outcomeName(trace)]);
    if (trace.steps[1]) node.classList.add('astray');
    return node;
  };
  const optionId = (sample) => `sample-${sample.id}`;

  function item(sample) {
    const peek = (sample.prompt[0] ? sample.prompt[sample.prompt.length - 1][1] : '').slice(0, 140);
    const dots = el('span', { class: 'dots', title: sample.traces.map((trace) => `${traceName(trace)}: ${outcomeName(trace)}`).join('\n') },
      sample.traces.map(dotOf));
    return el('li', { role: 'option', id: optionId(sample), 'aria-selected': sample === chosen ? 'true' : 'false', onclick: () => choose(sample, true) },
      el('div', { class: 'line' }, el('span', { class: 'name' }, counts.families[sample.family]),
        el('span', { class: 'tail' }, `level ${levelName(sample.level)} · ${counts.splits[sample.split]}`)),
      el('div', { class: 'line' }, el('span', { class: 'peek' }, peek), dots));
  }

  function list() {
    const some = found.slice(0, shown);
    $('list').replaceChildren(...some.map(item));
    $('more').hidden = found.length <= shown;
    $('more').textContent = `Show ${whole(Math.min(SHOWN, found.length - shown))} more`;
    $('found').textContent = `${whole(found.length)} of ${plural(samples.length, 'sample')}${found.length ? '' : ': nothing fits the filter'}`;
    if (chosen) $('list').setAttribute('aria-activedescendant', optionId(chosen));
    else $('list').removeAttribute('aria-activedescendant');
  }

  function choose(sample, go) {
    const before = chosen && $(optionId(chosen));
    if (before) before.setAttribute('aria-selected', 'false');
    chosen = sample;
    tab = Math.max(0, sample ? sample.traces.findIndex(traceFits) : 0);
    const now = sample && $(optionId(sample));
    if (now) {
      now.setAttribute('aria-selected', 'true');
      $('list').setAttribute('aria-activedescendant', now.id);
      if (go) now.scrollIntoView({ block: 'nearest' });
    }
    detail();
    if (go && window.matchMedia('(max-width: 900px)').matches) $('detail').scrollIntoView();
    state.keep(sample);
  }

  function facts(pairs) {
    return el('dl', { class: 'facts' }, pairs.filter(([, value]) => value !== null && value !== undefined && value !== '')
      .map(([name, value]) => [el('dt', {}, name), el('dd', {}, String(value))]));
  }

  const text = (value, mono) => el('div', { class: mono ? 'text mono' : 'text', tabindex: 0 }, marked(value, state.query));

  function detail() {
    const home = $('detail');
    if (!chosen) {
      home.replaceChildren(el('p', { class: 'none' }, samples.length ? 'Nothing fits the filter.' : 'This page holds no samples.'));
      return;
    }
    const { hardness } = chosen, chip = (value) => el('li', { class: 'chip' }, value);
    put(home,
      el('h3', {}, counts.families[chosen.family]), el('p', { class: 'key' }, marked(chosen.key, state.query)),
      el('ul', { class: 'chips' }, chip(`level ${levelName(chosen.level)}`), chip(counts.splits[chosen.split]), chip(chosen.checker.replace('_', ' ')),
        Object.entries(hardness).map(([name, value]) => chip(`${name} ${value.toLocaleString('en', { maximumFractionDigits: 1 })}`)),
        chosen.answerable ? null : chip('no answer fits, or several')),
      el('h4', {}, 'Prompt'), chosen.prompt.map(([role, value]) => [chosen.prompt.length > 1 && el('p', { class: 'key' }, role), text(value)]),
      el('h4', {}, 'A right answer'), text(chosen.answer, true),
      el('h4', {}, chosen.of > chosen.traces.length ? `Traces: ${chosen.traces.length} of ${chosen.of}` : plural(chosen.traces.length, 'trace')),
      chosen.traces.length ? [tabs(), el('div', { id: 'trace', role: 'tabpanel' })] : el('p', { class: 'note' }, 'None in this dataset.'),
      el('details', {}, el('summary', {}, 'Certificate and identity'), facts([['certificate', chosen.certificate], ['id', chosen.id], ['style', chosen.style]])));
    if (chosen.traces.length) trace();
  }

  function tabs() {
    const buttons = chosen.traces.map((one, at) => el('button', { type: 'button', role: 'tab', 'aria-selected': at === tab ? 'true' : 'false',
      tabindex: at === tab ? 0 : -1, 'aria-controls': 'trace', title: `${traceName(one)}: ${outcomeName(one)}`, onclick: () => turn(at) },
    dotOf(one), el('span', {}, traceName(one))));
    return el('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Traces', onkeydown: (event) => {
      const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (move) { event.preventDefault(); turn((tab + move + buttons.length) % buttons.length); }
    } }, buttons);
  }

  function turn(at) {
    tab = at;
    $('detail').querySelectorAll('[role=tab]').forEach((button, place) => {
      button.setAttribute('aria-selected', place === at ? 'true' : 'false');
      button.tabIndex = place === at ? 0 : -1;
      if (place === at) button.focus();
    });
    trace();
  }

  function trace() {
    const one = chosen.traces[tab], [checked, wrong, first] = one.steps, outcome = outcomeName(one);
    const told = checked === null ? 'no steps checked' : `${plural(checked, 'step')} checked, ${wrong ? `${whole(wrong)} ${wrong === 1 ? 'does' : 'do'} not follow, the first is step ${first}` : 'all hold'}`;
    put($('trace'),
      el('div', { class: 'verdict' }, el('span', { class: `badge ${outcome}` }, outcome), el('span', {}, told),
        one.reason && el('q', {}, marked(one.reason, state.query))),
      el('ul', { class: 'legend' }, el('li', {}, dot('var(--right)'), 'holds'), el('li', {}, dot('var(--wrong)'), 'does not follow'),
        el('li', {}, dot('var(--unsure)'), 'not checked'), one.unmarked && el('li', {}, `Nothing is marked: ${one.unmarked}.`)),
      one.reasoning && [el('h4', {}, 'Reasoning'), marksOn(one.reasoning, one.marks, 0)],
      el('h4', {}, 'Reply'), marksOn(one.reply, one.marks, one.begins),
      facts([['read as the answer', one.read], ['tokens', one.tokens[1] === null ? 'not measured' : `${one.tokens[0] ?? '?'} + ${one.tokens[1]}`],
        ['finished by', one.finish], ['helped by a hint or a right beginning', one.hinted ? 'yes' : null], ['judged by', one.by], ['sampling', one.sampling === '{}' ? null : one.sampling],
        ['provenance', one.provenance]]));
  }

  // The text line by line; lines from `begins` on, in the numbering of the marks.
  function marksOn(value, marks, begins) {
    const rows = value.split('\n'), home = el('div', { class: 'lines', tabindex: 0 });
    const at = new Map();
    for (const mark of marks) for (let line = Math.max(mark[0], begins); line <= Math.min(mark[1], begins + rows.length - 1); line += 1) at.set(line - begins, mark);
    rows.forEach((row, place) => {
      const mark = at.get(place), begin = mark && mark[0] - begins === place;
      const note = begin && mark[2] !== 'right' && (mark[3] || mark[4]);
      home.append(el('div', { class: mark ? mark[2] : null, title: mark && (mark[3] || mark[2]) }, marked(row, state.query),
        note && el('em', {}, mark[4] && el('b', {}, 'first wrong step'), mark[3])));
    });
    return home;
  }

  function narrow() {
    found = samples.filter(fits);
    shown = SHOWN;
    if (!found.includes(chosen)) chosen = found[0] || null;
    list();
    choose(chosen, false);
  }

  $('more').addEventListener('click', () => { shown += SHOWN; list(); });
  $('list').addEventListener('keydown', (event) => {
    const at = found.indexOf(chosen), last = found.length - 1;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last, PageDown: at + 8, PageUp: at - 8 }[event.key];
    if (to === undefined || last < 0) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(last, to));
    while (next >= shown) shown += SHOWN;
    if (!$(optionId(found[next]))) list();
    choose(found[next], true);
  });
  const open = (id) => { const sample = samples.find((one) => one.id === id); if (sample && found.includes(sample)) choose(sample, false); };
  return { narrow, open };
}
