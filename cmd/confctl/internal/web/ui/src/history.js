// Past conferences: the last runs that the history has, asked for again after each poll.
import { language, number, say } from './text.js'

const rows = 100
const clock = text => text ? new Date(text).toLocaleString(language, { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }) : '–'
const columns = [
  ['title', r => r.title], ['org', r => r.hostOrgName], ['startBy', r => clock(r.startBy)],
  ['endBy', r => r.live ? say('isLive') : clock(r.endBy) + (r.proven ? '' : ' ?')], ['peak', r => number(r.peak.attendeeCnt)],
]

export function newHistory(card) {
  const search = card.querySelector('input'), scroll = card.querySelector('#runs'), [head, body] = card.querySelectorAll('thead tr, tbody')
  let page, shown, wait, asked = 0
  async function load() {
    const mine = ++asked
    wait = undefined
    const response = await fetch(`api/v1/runs?limit=${rows}&title=${encodeURIComponent(search.value.trim())}`)
    const got = response.ok ? await response.json() : undefined
    if (mine !== asked) return // another search has begun
    page = got
    draw()
  }
  function later(ms) { return setTimeout(() => load().catch(() => {}), ms) }
  function draw() {
    body.replaceChildren(...(page?.runs ?? []).map(r => {
      const line = document.createElement('tr')
      for (const [name, of] of columns) {
        const cell = document.createElement('td')
        cell.dataset.column = name
        cell.textContent = of(r) || '–'
        if (name === 'title') cell.title = `${r.title}\n${r.conferenceId}`
        line.append(cell)
      }
      return line
    }))
    card.querySelector('#more').textContent = !page ? say('noHistory') : page.next ? say('more', rows) : page.runs.length ? '' : say('noRuns')
  }
  search.oninput = () => { clearTimeout(wait); wait = later(300) }
  return {
    words() {
      search.placeholder = search.ariaLabel = say('search')
      scroll.ariaLabel = say('history')
      head.replaceChildren(...columns.map(([name]) => {
        const cell = document.createElement('th')
        cell.scope = 'col'
        cell.dataset.column = name
        cell.textContent = say(name)
        return cell
      }))
      if (page) draw()
    },
    show(status) { // each poll may have written; however quick polls are, the history is asked once a second at most
      card.hidden = !status.recording
      if (status.recording && shown !== status.at) {
        shown = status.at
        wait ??= later(page ? 1000 : 0)
      }
    },
  }
}
