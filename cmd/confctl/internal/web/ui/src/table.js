// The table: table-core sorts and filters, virtual-core says which rows are in view.
import { constructTable, tableFeatures, rowSortingFeature, createSortedRowModel, columnFilteringFeature, globalFilteringFeature, createFilteredRowModel } from '@tanstack/table-core'
import { storeReactivityBindings } from '@tanstack/table-core/store-reactivity-bindings'
import { Virtualizer, elementScroll, observeElementOffset, observeElementRect } from '@tanstack/virtual-core'
import { duration, language, number, say } from './text.js'

const height = 40
const text = (a, b, id) => a.getValue(id).localeCompare(b.getValue(id), 'zh')
const count = (a, b, id) => a.getValue(id) - b.getValue(id)
const clock = seconds => !seconds ? '–' : new Date(seconds * 1000).toLocaleString(language, Date.now() / 1000 - seconds < 43200 ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } : { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const columns = [
  { id: 'title', word: 'title', sort: text }, { id: 'admin', word: 'admin', sort: count, fleet: true },
  { id: 'worth', word: 'listed', sort: count, of: r => r.admin, show: (admin, _, __, worth) => worth(admin), fleet: true }, { id: 'hostName', word: 'host', sort: text, personal: true }, { id: 'hostOrgName', word: 'org', sort: text },
  { id: 'dataCenter', word: 'center', sort: text }, { id: 'startTime', word: 'start', sort: count, show: clock },
  { id: 'lasting', word: 'lasting', sort: count, of: r => -r.startTime, show: (_, r, now) => r.startTime ? duration(now - r.startTime * 1000) : '–' },
  ...[['attendeeCnt', 'all'], ['voipCnt', 'voip'], ['pstnCnt', 'pstn'], ['videoCnt', 'video'], ['desktopCnt', 'desktop'], ['mcuCnt', 'mcu'], ['boxCnt', 'box']].map(([id, word]) => ({ id, word, sort: count, show: number, count: true })),
]

export function newTable(scroll, now, worth) {
  const [head, body] = scroll.querySelectorAll('thead, tbody')
  const table = constructTable({
    features: tableFeatures({ coreReactivityFeature: storeReactivityBindings(), rowSortingFeature, sortedRowModel: createSortedRowModel(), columnFilteringFeature, globalFilteringFeature, filteredRowModel: createFilteredRowModel() }),
    columns: columns.map(c => ({ id: c.id, accessorFn: c.of ?? (r => r[c.id]), sortFn: c.sort, sortDescFirst: !!c.count })),
    data: [],
    getRowId: r => r.id,
    enableSortingRemoval: false,
    initialState: { sorting: [{ id: 'attendeeCnt', desc: true }] },
    getColumnCanGlobalFilter: c => c.id === 'title',
    globalFilterFn: (row, _, words) => words.every(w => row.original.words.includes(w)),
  })
  let rows = [], only = {}
  const sorting = () => table.store.state.sorting[0]
  const virtual = new Virtualizer({
    count: 0, getScrollElement: () => scroll, estimateSize: () => height, overscan: 8,
    scrollToFn: elementScroll, observeElementRect, observeElementOffset, onChange: drawBody,
  })
  virtual._didMount()
  virtual._willUpdate()

  function shown() { return columns.filter(c => (only.personal || !c.personal) && (only.fleet || !c.fleet)) }
  function drawHead() {
    const line = document.createElement('tr')
    for (const c of shown()) {
      const cell = document.createElement('th'), button = document.createElement('button'), by = sorting()
      cell.scope = 'col'
      cell.dataset.column = c.id
      cell.ariaSort = by?.id === c.id ? (by.desc ? 'descending' : 'ascending') : 'none'
      button.type = 'button'
      button.textContent = say(c.word)
      button.onclick = () => {
        const again = sorting()
        table.setSorting([{ id: c.id, desc: again?.id === c.id ? !again.desc : !!c.count || c.id === 'startTime' }])
        draw()
        head.querySelector(`[data-column=${c.id}] button`).focus()
      }
      cell.append(button)
      line.append(cell)
    }
    head.replaceChildren(line)
  }
  function spacer(size) {
    const line = document.createElement('tr'), cell = document.createElement('td')
    line.ariaHidden = true
    line.className = 'space'
    cell.colSpan = shown().length
    cell.style.height = `${size}px`
    line.append(cell)
    return line
  }
  function drawBody() {
    const items = virtual.getVirtualItems(), lines = []
    if (items.length && items[0].start) lines.push(spacer(items[0].start))
    for (const item of items) {
      const data = rows[item.index]?.original
      if (!data) continue
      const line = document.createElement('tr')
      line.ariaRowIndex = item.index + 2
      for (const c of shown()) {
        const cell = document.createElement('td'), value = c.of ? c.of(data) : data[c.id]
        cell.dataset.column = c.id
        cell.textContent = c.show ? c.show(value, data, now(), worth) : value || '–'
        if (c.id === 'title') cell.title = `${data.title}\n${data.conferenceId}`
        line.append(cell)
      }
      lines.push(line)
    }
    const last = items.at(-1), rest = last ? virtual.getTotalSize() - last.end : 0
    if (rest > 0) lines.push(spacer(rest))
    body.replaceChildren(...lines)
  }
  function draw() {
    rows = table.getRowModel().rows
    virtual.setOptions({ ...virtual.options, count: rows.length })
    virtual._willUpdate()
    virtual.measure()
    scroll.querySelector('table').ariaRowCount = rows.length + 1
    drawHead()
    drawBody()
  }
  return {
    draw,
    set(list, which) { only = which; table.setOptions(o => ({ ...o, data: list })); draw() },
    filter(value) { const words = value.toLowerCase().split(/\s+/).filter(Boolean); table.setGlobalFilter(words.length ? words : undefined); draw(); scroll.scrollTop = 0 },
    get count() { return rows.length },
  }
}
