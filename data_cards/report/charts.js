// Charts as inline SVG in the pixels of their place, so that text keeps its size on any screen.

const TALL = 210, TEXT = 6.7;

function scaleOf(most) {
  if (!(most > 0)) return [1, [0, 1]];
  const rough = most / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max([1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= rough), most >= 4 ? 1 : 0);
  const ticks = [];
  for (let tick = 0; tick < most + step; tick += step) ticks.push(tick);
  return [ticks[ticks.length - 1], ticks];
}

const widthOf = (texts) => Math.max(0, ...texts.map((text) => text.length)) * TEXT;
const short = (text, room) => (text.length * TEXT <= room ? text : `${text.slice(0, Math.max(1, Math.floor(room / TEXT) - 1))}…`);

function frame(width, height, label) {
  return draw('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label });
}

// One bar a row, stacked by series. `pick` makes rows into buttons.
function barsAcross(width, { rows, series, label, pick, pickName, names = 0.42 }) {
  const room = Math.min(widthOf(rows.map((row) => row.name)) + 16, width * names), step = 23;
  const totals = rows.map((row) => row.values.reduce((a, b) => a + b, 0));
  const most = Math.max(1, ...totals), tail = widthOf(totals.map(whole)) + 10, space = Math.max(20, width - room - tail);
  const svg = frame(width, rows.length * step + 4, label);
  rows.forEach((row, at) => {
    const y = at * step + 2, group = draw('g', pick ? { 'data-pick': row.name, tabindex: 0, role: 'button',
      'aria-label': `${pickName} ${row.name}: ${whole(totals[at])}` } : {});
    group.append(draw('rect', { class: 'hit', x: 0, y, width, height: step, rx: 4 }),
      draw('text', { x: room - 8, y: y + 15.5, 'text-anchor': 'end', class: 'strong' }, short(row.name, room - 14),
        draw('title', {}, row.name)));
    let x = room;
    row.values.forEach((value, part) => {
      const wide = space * value / most;
      if (value) {
        group.append(draw('rect', { x, y: y + 4, width: Math.max(wide, 1), height: step - 8, rx: 2, fill: series[part].colour },
          draw('title', {}, `${row.name}, ${series[part].name}: ${whole(value)}`)));
      }
      x += wide;
    });
    group.append(draw('text', { x: x + 6, y: y + 15.5 }, whole(totals[at])));
    if (pick) {
      group.addEventListener('click', () => pick(row));
      group.addEventListener('keydown', (event) => {
        if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); pick(row); }
      });
    }
    svg.append(group);
  });
  return svg;
}

function axes(svg, { width, left, bottom, ticks, top, names, xName, tickName }) {
  const y = (value) => bottom - (bottom - 12) * value / top;
  for (const tick of ticks) {
    svg.append(draw('line', { class: 'rule', x1: left, x2: width, y1: y(tick), y2: y(tick) }),
      draw('text', { x: left - 6, y: y(tick) + 4, 'text-anchor': 'end' }, tickName(tick)));
  }
  svg.append(draw('line', { class: 'axis', x1: left, x2: width, y1: bottom, y2: bottom }));
  const step = (width - left) / Math.max(1, names.length);
  const every = Math.max(1, Math.ceil((widthOf(names) + 8) / step));
  names.forEach((name, at) => {
    if (at % every === 0) {
      svg.append(draw('text', { x: left + step * (at + .5), y: bottom + 16, 'text-anchor': 'middle' }, name));
    }
  });
  svg.append(draw('text', { x: (left + width) / 2, y: bottom + 34, 'text-anchor': 'middle' }, xName));
  return { y, step, x: (at) => left + step * (at + .5) };
}

// One column a name, stacked by series.
function barsUp(width, { names, series, label, xName }) {
  const totals = names.map((_, at) => series.reduce((sum, one) => sum + one.values[at], 0));
  const [top, ticks] = scaleOf(Math.max(...totals, 1)), left = widthOf(ticks.map(brief)) + 12;
  const svg = frame(width, TALL + 40, label);
  const { y, x, step } = axes(svg, { width, left, bottom: TALL, ticks, top, names, xName, tickName: brief });
  const wide = Math.min(step * .74, 54);
  names.forEach((name, at) => {
    let sum = 0;
    for (const one of series) {
      const value = one.values[at];
      if (value) {
        svg.append(draw('rect', { x: x(at) - wide / 2, y: y(sum + value), width: wide, height: Math.max(y(sum) - y(sum + value), 1),
          fill: one.colour, rx: 1.5 }, draw('title', {}, `${xName} ${name}, ${one.name}: ${whole(value)}`)));
      }
      sum += value;
    }
  });
  return svg;
}

// Points joined by lines, with intervals; a point without samples is left out.
function lines(width, { names, series, label, xName }) {
  const ticks = [0, .25, .5, .75, 1], left = 44, svg = frame(width, TALL + 40, label);
  const { y, x } = axes(svg, { width, left, bottom: TALL, ticks, top: 1, names, xName, tickName: (n) => `${100 * n} %` });
  series.forEach((one, at) => {
    const shift = (at - (series.length - 1) / 2) * 5;
    const points = one.points.map((point, place) => point && { ...point, x: x(place) + shift }).filter(Boolean);
    svg.append(draw('polyline', { points: points.map((p) => `${p.x},${y(p.rate)}`).join(' '), fill: 'none', stroke: one.colour,
      'stroke-width': 2, 'stroke-linejoin': 'round' }));
    for (const p of points) {
      svg.append(draw('line', { x1: p.x, x2: p.x, y1: y(p.low), y2: y(p.high), stroke: one.colour, 'stroke-opacity': .55, 'stroke-width': 1.5 }),
        draw('circle', { cx: p.x, cy: y(p.rate), r: 4, fill: one.colour, stroke: 'var(--card)', 'stroke-width': 1.5 },
          draw('title', {}, `${one.name}: ${p.right} of ${p.samples} right, 95 % interval ${(100 * p.low).toFixed(0)} to ${(100 * p.high).toFixed(0)} %`)));
    }
  });
  return svg;
}

// Outlines of histograms, each as shares of its own rows.
function outlines(width, { names, series, label, xName }) {
  const shares = series.map((one) => { const sum = one.values.reduce((a, b) => a + b, 0) || 1; return one.values.map((v) => v / sum); });
  const [top, ticks] = scaleOf(100 * Math.max(...shares.flat(), .01)), left = 44, svg = frame(width, TALL + 40, label);
  const { y, step } = axes(svg, { width, left, bottom: TALL, ticks, top, names, xName, tickName: (n) => `${n} %` });
  series.forEach((one, at) => {
    const points = [`${left},${y(0)}`];
    shares[at].forEach((value, place) => points.push(`${left + step * place},${y(100 * value)}`, `${left + step * (place + 1)},${y(100 * value)}`));
    points.push(`${width},${y(0)}`);
    svg.append(draw('polygon', { points: points.join(' '), fill: one.colour, 'fill-opacity': .13, stroke: one.colour, 'stroke-width': 1.8,
      'stroke-linejoin': 'round' }, draw('title', {}, one.name)));
  });
  return svg;
}

// Rows of each column by height; the colour is the share of the column's rows.
function heat(width, { columns, rows, counts, label, xName, yName }) {
  const left = Math.max(widthOf(rows) + 12, 34), step = (width - left) / columns.length, tall = 26;
  const bottom = rows.length * tall + 16, svg = frame(width, bottom + 40, label);
  const sums = columns.map((_, at) => counts.reduce((sum, line) => sum + line[at], 0) || 1);
  svg.append(draw('text', { x: 0, y: 9 }, yName));
  rows.forEach((name, down) => {
    const y = bottom - (down + 1) * tall;
    svg.append(draw('text', { x: left - 8, y: y + 17, 'text-anchor': 'end' }, name));
    columns.forEach((column, at) => {
      const value = counts[down][at], part = value / sums[at];
      if (!value) return;
      svg.append(draw('rect', { x: left + step * at + 1, y: y + 1, width: Math.max(step - 2, 1), height: tall - 2, rx: 3, fill: 'var(--bar)',
        'fill-opacity': .12 + .88 * part }, draw('title', {}, `${xName} ${column}, ${yName} ${name}: ${whole(value)}`)));
      if (brief(value).length * TEXT < step - 4) {
        const ink = draw('text', { x: left + step * (at + .5), y: y + 17, 'text-anchor': 'middle' }, brief(value));
        ink.style.fill = part > .45 ? 'var(--card)' : 'var(--ink)';
        ink.style.pointerEvents = 'none';
        svg.append(ink);
      }
    });
  });
  columns.forEach((name, at) => svg.append(draw('text', { x: left + step * (at + .5), y: bottom + 16, 'text-anchor': 'middle' }, name)));
  svg.append(draw('text', { x: (left + width) / 2, y: bottom + 34, 'text-anchor': 'middle' }, xName));
  return svg;
}

function numbersTable(heads, rows) {
  return el('div', { class: 'scroll', tabindex: 0 }, el('table', {},
    el('thead', {}, el('tr', {}, heads.map((head) => el('th', { scope: 'col' }, head)))),
    el('tbody', {}, rows.map((row) => el('tr', {}, row.map((cell) => el('td', {}, typeof cell === 'number' ? whole(cell) : cell)))))));
}

const legend = (series) => el('ul', { class: 'legend' }, series.map((one) => el('li', {}, dot(one.colour), one.name)));
