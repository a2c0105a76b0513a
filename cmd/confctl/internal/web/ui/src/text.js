// The words of the page in its languages.
const words = {
  en: {
    complete: 'Complete', conditional: 'Conditional', waiting: 'Waiting', failing: 'Poll failed', incomplete: 'Incomplete', stale: 'Stale', refused: 'Refused', lost: 'Connection lost', cut: 'NATS is lost',
    completeWhy: 'nothing was missed', conditionalWhy: 'nothing was missed, if:', waitingWhy: 'for the first list', staleWhy: 'the list below is old', refusedWhy: 'the service refused; it is asked again',
    lostWhy: 'confctl does not respond: what you see is old', incompleteWhy: 'conferences may be missing:', failingWhy: 'the list below is of an earlier poll',
    cutWhy: 'what you see may be old:', assumed: 'nothing was missed, on a condition', oldest: 'oldest list {} old', admin: 'Administrator', admins: 'Administrators', listed: 'List', noAdmin: 'The fleet has no list of this administrator.', hidden: 'Too many to show together: choose an administrator.', worstAdmins: 'Of {} administrators, the {} worst.',
    age: 'data {} old', never: 'never proven', next: 'next poll in {}', polling: 'polling …',
    conferences: 'Conferences', attendees: 'Attendees', largest: 'Largest', longest: 'Longest', over: 'Over time', totals: 'Conferences and attendees', clients: 'Client kinds',
    byCenter: 'Attendees by data centre', byOrg: 'Attendees by organisation', byKind: 'Clients by kind', live: 'Live conferences', feed: 'Events', filter: 'Filter by title, id, organisation …',
    title: 'Title', host: 'Host', org: 'Organisation', center: 'Data centre', start: 'Start', lasting: 'For', all: 'All', voip: 'VoIP', pstn: 'PSTN', video: 'Video', desktop: 'Desktop', mcu: 'MCU', box: 'Box',
    shown: '{} of {}', none: 'none', unnamed: 'not given', other: 'others', time: 'Time', dark: 'Dark', light: 'Light', switch: '中文', fake: 'made-up conferences', noMatch: 'No conference matches the filter.', noRows: 'No live conferences.',
    started: 'started', ended: 'ended', resumed: 'resumed', restarted: 'restarted', 'poll-failed': 'poll failed', behind: 'events were missed', unproven: 'not proven', problem: 'problem', history: 'Past conferences', search: 'Search titles …', startBy: 'Started by', endBy: 'Ended by', isLive: 'live', peak: 'Most', more: 'The last {}. confctl history shows all.', noRuns: 'Nothing is recorded.', noHistory: 'The history cannot be read.', table: 'Live conferences; scroll with the arrow keys', chart: 'Chart of {} over time; now {}',
  },
  zh: {
    complete: '完整', conditional: '有条件', waiting: '等待', failing: '轮询失败', incomplete: '不完整', stale: '已过期', refused: '被拒绝', lost: '连接中断', cut: '与 NATS 的连接有问题',
    completeWhy: '没有遗漏', conditionalWhy: '在以下条件下没有遗漏：', waitingWhy: '正在等待第一次列举完成', staleWhy: '下面的列表是旧的', refusedWhy: '服务拒绝了请求，稍后会再试',
    lostWhy: 'confctl 没有响应：您看到的是旧数据', incompleteWhy: '可能有会议遗漏：', failingWhy: '下面的列表来自更早的轮询',
    cutWhy: '您看到的可能是旧数据：', assumed: '在某个条件下没有遗漏', oldest: '最旧的列表是 {}前的', admin: '管理员', admins: '管理员', listed: '列表', noAdmin: '没有这位管理员的列表。', hidden: '会议太多，无法一起显示：请选择一位管理员。', worstAdmins: '共 {} 位管理员，显示情况最差的 {} 位。',
    age: '数据是 {}前的', never: '从未证明', next: '{}后轮询', polling: '正在轮询 …',
    conferences: '会议', attendees: '参会人数', largest: '最大会议', longest: '最长会议', over: '随时间变化', totals: '会议与参会人数', clients: '终端类型',
    byCenter: '各数据中心参会人数', byOrg: '各组织参会人数', byKind: '各类终端', live: '实时会议', feed: '事件', filter: '按主题、会议 ID、组织筛选 …',
    title: '会议主题', host: '主持人', org: '组织', center: '数据中心', start: '开始', lasting: '时长', all: '参会', voip: 'VoIP', pstn: 'PSTN', video: '视频', desktop: '桌面', mcu: 'MCU', box: '盒子',
    shown: '{} / {}', none: '无', unnamed: '未提供', other: '其他', time: '时间', dark: '深色', light: '浅色', switch: 'English', fake: '虚构的会议', noMatch: '没有符合筛选条件的会议。', noRows: '当前没有实时会议。',
    started: '已开始', ended: '已结束', resumed: '已恢复', restarted: '再次开始', 'poll-failed': '轮询失败', behind: '有事件未显示', unproven: '未证明', problem: '故障', history: '历史记录', search: '搜索主题 …', startBy: '开始不晚于', endBy: '结束不晚于', isLive: '进行中', peak: '峰值', more: '最近的 {} 场。用 confctl history 可查看全部。', noRuns: '还没有记录。', noHistory: '无法读取历史记录。', table: '实时会议，可用方向键滚动', chart: '{}随时间变化的图，现在 {}',
  },
}

export let language = localStorage.language ?? (navigator.language.startsWith('zh') ? 'zh' : 'en')
export function setLanguage(name) { language = localStorage.language = name }
export function say(key, ...values) { return (words[language][key] ?? key).replace(/\{\}/g, () => values.shift()) }
export const number = n => n.toLocaleString(language)
export function duration(ms) {
  const s = Math.max(0, Math.round(ms / 1000)), zh = language === 'zh'
  const [d, h, m] = [Math.floor(s / 86400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60]
  if (d) return zh ? `${d} 天 ${h} 小时` : `${d} d ${h} h`
  if (h || s >= 3600) return zh ? `${h} 小时 ${m} 分` : `${h} h ${m} min`
  if (m) return zh ? `${m} 分钟` : `${m} min`
  return zh ? `${s} 秒` : `${s} s`
}
