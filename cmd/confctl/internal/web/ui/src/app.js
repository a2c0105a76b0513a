// The page: it loads the state once, follows the changes, and shows what they are worth.
import { newHistory } from './history.js'
import { newChart, kinds } from './chart.js'
import { newAdmins } from './fleet.js'
import { newTable } from './table.js'
import { duration, language, number, say, setLanguage } from './text.js'

const $ = id => document.getElementById(id)
const marks = { complete: '✓', conditional: '◐', waiting: '…', failing: '!', incomplete: '⚠', stale: '⏱', refused: '✕', lost: '✕', cut: '✕' }
const fields = ['voipCnt', 'pstnCnt', 'videoCnt', 'desktopCnt', 'mcuCnt', 'boxCnt']
const state = { rows: new Map(), admins: new Map(), admin: '', samples: [], feed: [], status: null, version: 0, skew: 0, heard: 0 }
const now = () => Date.now() + state.skew
const table = newTable($('scroll'), now, admin => worth(state.admins.get(admin)))
const chart = newChart($('chart'))
const past = newHistory($('history'))
const fleet = newAdmins($('fleet'), admin => choose(String(admin)))
const query = () => state.admin ? `admin=${state.admin}` : ''

// worth is an administrator's state now and the age of the list, as the table shows them.
function worth(line) { return line ? `${marks[stateOf(line)]} ${line.since ? duration(now() - line.since) : say('never')}` : '–' }
function stateOf(line) { return line.since && now() - line.since > state.status.staleAfter ? 'stale' : line.state }

// load takes in the whole state. Changes that are older than it are skipped.
let loading
async function load() {
  const response = await fetch(`api/v1/live?${query()}`, { cache: 'no-cache' })
  if (!response.ok) throw new Error(response.status)
  const all = await response.json()
  state.rows = new Map(all.conferences.map(r => [r.id, withWords(r)]))
  state.admins = new Map(all.admins?.map(a => [a.admin, a]))
  Object.assign(state, { samples: all.samples, feed: all.feed, status: all.status, version: order(all.version), id: all.version, heard: Date.now() })
  draw()
}
const order = id => Number(id.slice(id.lastIndexOf('-') + 1))
function withWords(r) {
  r.words = [r.title, r.conferenceId, r.eventId, r.hostOrgName, r.dataCenter, r.hostName].join(' ').toLowerCase()
  return r
}
function reload() { loading ??= load().catch(() => setTimeout(reload, 2000)).finally(() => { loading = undefined }) ; return loading }

let source
function follow() {
  source?.close()
  const mine = source = new EventSource(`api/v1/events?${query()}&after=${state.id ?? ''}`)
  source.addEventListener('now', e => { state.heard = Date.now(); state.skew = Number(e.data) - Date.now(); drawBar() })
  source.addEventListener('reload', () => { state.heard = Date.now(); reload() })
  source.addEventListener('poll', e => {
    state.heard = Date.now()
    const change = JSON.parse(e.data)
    if (change.version.split('-')[0] !== state.id?.split('-')[0] || order(change.version) <= state.version) return
    if (order(change.version) > state.version + 1) { reload(); return }
    change.admins.forEach(a => state.admins.set(a.admin, a))
    change.gone.forEach(id => state.rows.delete(id))
    change.changed.forEach(r => state.rows.set(r.id, withWords(r)))
    const last = state.feed.at(-1)?.n ?? 0
    state.feed = [...state.feed, ...change.feed.filter(f => f.n > last)].slice(-200)
    if (change.sample && change.sample[0] > (state.samples.at(-1)?.[0] ?? 0)) state.samples.push(change.sample)
    Object.assign(state, { status: change.status, version: order(change.version), id: change.version })
    draw()
  })
  source.onerror = () => { // the browser connects again, but not after a refusal
    drawBar()
    if (mine.readyState === EventSource.CLOSED) setTimeout(() => { if (mine === source) follow() }, 5000)
  }
}

// choose shows one administrator's conferences, or with '' those of all.
async function choose(admin) {
  admin = admin.replace(/\D/g, '')
  $('admin').value = admin
  if (admin === state.admin) return
  state.admin = admin
  source?.close()
  await loading
  await reload()
  follow()
}

function draw() {
  fleet.show(state.status.fleet ? state.admins : undefined, stateOf, worth)
  drawBar()
  drawTiles()
  table.set([...state.rows.values()], { personal: state.status.personalData, fleet: state.status.fleet })
  drawCount()
  chart(state.samples, $('series').value)
  drawFeed()
  past.show(state.status)
  $('admin').hidden = !state.status.fleet
  $('feed').parentElement.hidden = state.status.fleet
  $('chart').parentElement.hidden = !!state.admin // it is of the whole fleet
}

// drawBar shows what the list is worth and how old it is, each second.
function drawBar() {
  const s = state.status, one = state.admin ? state.admins.get(Number(state.admin)) ?? {} : undefined
  const since = (one ?? s)?.since, old = since ? now() - since : Infinity
  let is = s?.state === 'cut' ? 'cut' : (one ?? s)?.state ?? 'waiting'
  if (since && old > s.staleAfter && is !== 'refused' && is !== 'cut') is = 'stale'
  if (state.heard && Date.now() - state.heard > 25000) is = 'lost'
  const reason = s?.fleet ? one ? one.state ? one.kind : say('noAdmin') : fleet.text() : is === 'conditional' || is === 'incomplete' ? s.reasonText[language] : ''
  const why = [s?.fleet && is === 'conditional' ? say('assumed') : say(is + 'Why'), reason, s?.error[language] ?? ''].filter(Boolean).join(' ')
  set($('bar'), 'state', is)
  document.body.dataset.state = is
  put($('mark'), marks[is])
  put($('verdict'), say(is))
  put($('why'), why)
  $('why').title = why
  put($('age'), since ? say(s.fleet && !one ? 'oldest' : 'age', duration(old)) : say('never'))
  const wait = (s?.nextPoll ?? 0) - now()
  put($('next'), s?.fleet ? '' : wait > 0 ? say('next', duration(wait)) : say('polling'))
  const alarms = ['stale', 'incomplete', 'refused', 'lost', 'cut'].includes(is) ? [`${marks[is]} ${say(is)}: ${why}`] : []
  if (s?.unrecorded[language]) alarms.push(`! ${s.unrecorded[language]}`)
  $('alarm').hidden = !alarms.length
  put($('alarm'), alarms.join('\n'))
  document.title = `${marks[is]} ${s ? number(total()) : ''} · confctl`
}
// unlisted says that there are too many conferences to list those of all administrators.
const unlisted = () => state.status.hidden && !state.admin
const total = () => unlisted() ? state.status.conferences : state.rows.size
const put = (node, value) => { if (node.textContent !== value) node.textContent = value }
const set = (node, name, value) => { if (node.dataset[name] !== value) node.dataset[name] = value }

function drawTiles() {
  const list = [...state.rows.values()]
  let attendees = 0, largest, longest
  const centers = new Map(), orgs = new Map()
  let clients = fields.map(() => 0)
  for (const r of list) {
    attendees += r.attendeeCnt
    if (!largest || r.attendeeCnt > largest.attendeeCnt) largest = r
    if (r.startTime && (!longest || r.startTime < longest.startTime)) longest = r
    centers.set(r.dataCenter, (centers.get(r.dataCenter) ?? 0) + r.attendeeCnt)
    orgs.set(r.hostOrgName, (orgs.get(r.hostOrgName) ?? 0) + r.attendeeCnt)
    fields.forEach((f, i) => { clients[i] += r[f] })
  }
  const whole = unlisted() ? state.samples.at(-1) : undefined
  if (whole) [, , attendees, ...clients] = whole
  const tile = (name, value, more) => {
    const box = document.createElement('div')
    box.className = 'tile'
    for (const [kind, text] of [['p', say(name)], ['strong', value], ['small', more]]) {
      const node = document.createElement(kind)
      node.textContent = text
      node.title = text
      box.append(node)
    }
    return box
  }
  $('tiles').replaceChildren(
    tile('conferences', number(total()), ''), tile('attendees', number(attendees), ''),
    tile('largest', largest ? number(largest.attendeeCnt) : '–', largest?.title ?? ''),
    tile('longest', longest ? duration(now() - longest.startTime * 1000) : '–', longest?.title ?? ''))
  bars($('centers'), [...centers])
  bars($('orgs'), [...orgs])
  bars($('kinds'), kinds.map((k, i) => [say(k), clients[i]]))
}
function bars(box, groups) {
  groups.sort((a, b) => b[1] - a[1])
  const shown = groups.slice(0, 7), rest = groups.slice(7).reduce((n, g) => n + g[1], 0)
  if (rest) shown.push([say('other'), rest])
  const most = Math.max(1, ...shown.map(g => g[1]))
  box.replaceChildren(...shown.map(([name, value]) => {
    const line = document.createElement('li'), label = document.createElement('span'), count = document.createElement('b'), bar = document.createElement('i')
    label.textContent = label.title = name || say('unnamed')
    count.textContent = number(value)
    bar.style.width = `${100 * value / most}%`
    line.append(label, count, bar)
    return line
  }))
}
function drawCount() {
  put($('count'), say('shown', number(table.count), number(total())) + (table.count ? '' : ` · ${say(total() > state.rows.size ? 'hidden' : state.rows.size ? 'noMatch' : 'noRows')}`))
}
function drawFeed() {
  $('feed').replaceChildren(...state.feed.slice(-50).reverse().map(e => {
    const line = document.createElement('li'), at = document.createElement('time'), kind = document.createElement('b')
    at.textContent = new Date(e.at).toLocaleTimeString(language, { hourCycle: 'h23' })
    kind.textContent = say(e.kind)
    kind.className = e.kind
    line.append(at, kind, [e.title, e.org && `· ${e.org}`, e.kind === 'ended' && !e.proven && `(${say('unproven')})`, e.error?.[language]].filter(Boolean).join(' '))
    return line
  }))
}

function words() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  document.querySelectorAll('[data-text]').forEach(n => { n.textContent = say(n.dataset.text) })
  $('filter').placeholder = $('filter').ariaLabel = say('filter')
  $('admin').placeholder = $('admin').ariaLabel = say('admin')
  $('scroll').ariaLabel = say('table')
  $('feed').ariaLabel = say('feed')
  $('fleet').querySelector('ol').ariaLabel = say('admins')
  past.words()
  $('series').ariaLabel = say('over')
  const was = $('series').value || 'totals'
  $('series').replaceChildren(...['totals', 'clients'].map(v => new Option(say(v), v, false, v === was)))
  $('language').textContent = say('switch')
  $('theme').textContent = say(isDark() ? 'light' : 'dark')
  $('service').textContent = state.status ? (state.status.embedded ? say('fake') : state.status.service) : 'confctl'
}
const isDark = () => (localStorage.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark'
function theme() { document.documentElement.dataset.theme = isDark() ? 'dark' : 'light' }
function all() { theme(); words(); if (state.status) draw(); else drawBar() }

$('language').onclick = () => { setLanguage(language === 'zh' ? 'en' : 'zh'); all() }
$('theme').onclick = () => { localStorage.theme = isDark() ? 'light' : 'dark'; all() }
$('series').onchange = () => chart(state.samples, $('series').value)
$('admin').onchange = () => choose($('admin').value)
$('filter').oninput = () => { table.filter($('filter').value); drawCount() }
addEventListener('resize', () => { if (state.status) chart(state.samples, $('series').value) })
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', all)
setInterval(drawBar, 1000)
all()
reload().then(() => { words(); follow() })
