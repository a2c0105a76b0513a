// The chart over time.
import uPlot from 'uplot'
import { language, number, say } from './text.js'

export const kinds = ['voip', 'pstn', 'video', 'desktop', 'mcu', 'box']

export function newChart(box) {
  let plot
  return function draw(samples, which) {
    const css = getComputedStyle(document.documentElement), color = name => css.getPropertyValue(name).trim()
    const names = which === 'clients' ? kinds : ['conferences', 'attendees']
    const first = which === 'clients' ? 3 : 1
    const data = [[], ...names.map(() => [])]
    const step = samples.length > 2 ? (samples.at(-1)[0] - samples[0][0]) / (samples.length - 1) : Infinity
    samples.forEach((s, i) => {
      if (i && s[0] - samples[i - 1][0] > Math.max(60, 4 * step)) { // an outage is a gap, not a line
        data[0].push(s[0] - 1)
        names.forEach((_, k) => data[k + 1].push(null))
      }
      data[0].push(s[0])
      names.forEach((_, k) => data[k + 1].push(s[first + k]))
    })
    plot?.destroy()
    const axis = { stroke: color('--faint'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false }, font: '12px system-ui' }
    const ofTime = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }), ofAxis = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
    const width = Math.max(200, box.clientWidth)
    plot = new uPlot({ // of one sample it would show a whole day
      width, height: 220, cursor: { points: { size: 6 } },
      scales: { x: samples.length === 1 ? { range: [samples[0][0] - 30, samples[0][0] + 30] } : {}, y: { range: (_, low, high) => [0, Math.max(1, high * 1.1)] }, many: { range: (_, low, high) => [0, Math.max(1, high * 1.1)] } },
      series: [{ label: say('time'), value: (_, v) => v == null ? '–' : ofTime.format(v * 1000) }, ...names.map((name, i) => ({
        label: say(name), stroke: color(`--s${i + 1}`), width: 2, points: { show: samples.length < 2 }, scale: which !== 'clients' && i ? 'many' : 'y', value: (_, v) => v == null ? '–' : number(v),
      }))],
      axes: [{ ...axis, values: (_, at) => at.map(v => (at.at(-1) - at[0] < 120 ? ofTime : ofAxis).format(v * 1000)), space: 80 }, { ...axis, size: 48 }, ...(which === 'clients' ? [] : [{ ...axis, side: 1, scale: 'many', grid: { show: false }, size: 56 }])],
    }, data, box)
    const last = samples.at(-1)
    plot.root.querySelector('canvas').role = 'img'
    plot.root.querySelector('canvas').ariaLabel = say('chart', say(which), last ? names.map((n, k) => `${say(n)} ${number(last[first + k])}`).join(language === 'zh' ? '、' : ', ') : say('none'))
  }
}
