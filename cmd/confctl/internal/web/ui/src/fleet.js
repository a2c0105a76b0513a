// The administrators of a fleet: how many lists are worth what, and the worst of them, each a button that chooses it.
import { number, say } from './text.js'

const shown = 50
const order = ['stale', 'incomplete', 'failing', 'waiting', 'conditional', 'complete']

export function newAdmins(card, choose) {
  const list = card.querySelector('ol'), more = card.querySelector('p')
  let counts = new Map(), all = 0
  function line(a, worth) {
    const item = document.createElement('li'), button = document.createElement('button')
    button.type = 'button'
    button.textContent = a.admin
    button.onclick = () => choose(a.admin)
    item.append(button, [worth(a), number(a.conferences), a.kind].filter(Boolean).join(' · '))
    return item
  }
  return {
    text: () => order.filter(s => s !== 'complete' && counts.get(s)).map(s => `${say(s)}: ${number(counts.get(s))}/${number(all)}`).join(', '),
    show(admins, stateOf, worth) {
      card.hidden = !admins
      if (!admins) return
      const states = [...admins.values()].map(a => [order.indexOf(stateOf(a)), a]).sort(([s, a], [t, b]) => s - t || a.since - b.since)
      all = states.length
      counts = new Map()
      states.forEach(([s]) => counts.set(order[s], (counts.get(order[s]) ?? 0) + 1))
      list.replaceChildren(...states.slice(0, shown).map(([, a]) => line(a, worth)))
      more.textContent = all > shown ? say('worstAdmins', number(all), shown) : ''
    },
  }
}
