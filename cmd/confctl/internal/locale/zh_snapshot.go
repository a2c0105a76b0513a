package locale

// The sentences of confctl snapshot.
func init() {
	translate(map[string]string{
		"read the whole list at once, and say what that is worth": "一次读取整个列表，并说明结果的可信程度",
		"Read the whole list, and say in words what was proven about it. While it is read page by page the list changes, so that a listing may miss conferences and nobody notices: a snapshot reads pages that overlap, and proves by what they share that nothing was missed.": "读取整个列表，并用文字说明证明了什么。逐页读取期间列表一直在变化，列举可能漏掉会议而无人察觉；快照读取相互重叠的页，根据重叠的部分证明没有遗漏。",
		"less is proven than --require %s asks": "证明程度低于 --require %s 的要求",
		"complete: nothing was missed. conditional: nothing was missed on one condition, which is named. incomplete: something may have been missed.": "complete：没有遗漏。conditional：在一个条件下没有遗漏，并指明该条件。incomplete：可能有遗漏。",
		"The exit code is 3 if less is proven than --require asks.":                                                                                   "证明程度低于 --require 的要求时，退出码为 3。",

		"what a listing of everything is worth here": "在这个服务上列举全部会议，看看结果有多可信",
		"for a script that wants full proof":         "供要求完整证明的脚本使用",
		"a long list, fast":                          "快速读取很长的列表",

		"exit with 3 below this `VERDICT`: complete, conditional, or incomplete, which is never": "结论低于 `VERDICT` 时退出码为 3：complete、conditional 或 incomplete（即从不）",
		"have `N` requests in flight at most, from 1 to 16":                                      "至多同时进行 `N` 个请求，取值 1 到 16",
		"ask for `N` conferences a page; the service may send fewer":                             "每页请求 `N` 个会议；服务端返回的可能更少",
		"print the report as one JSON document":                                                  "把报告输出为一个 JSON 文档",
		"conferences":                                                                            "会议",

		"Complete: nothing was missed. Every conference that was live from the first request to the last is in the list. Those that started or ended meanwhile may be in it or not.": "完整：没有遗漏。从第一个请求到最后一个请求一直在进行的会议都在列表中；其间开始或结束的会议可能在，也可能不在。",
		"Conditional: nothing was missed, on one condition: %s": "有条件：在一个条件下没有遗漏：%s",
		"Incomplete: something may have been missed: %s":        "不完整：可能有遗漏：%s",

		"the listing was stopped before its end.": "列举没有到末尾就停止了。",
		"a page was never answered.":              "有一页始终没有得到响应。",
		"the service does not give the pages that it is asked for, so that none can be made to overlap.": "服务端给出的页与所请求的不符，因此无法使各页重叠。",
		"the end of the list was not seen for certain.":                                                  "没能确定看到了列表的末尾。",
		"the list moves so fast that reading it would have taken too many requests.":                     "列表变化太快，读完整个列表需要过多的请求。",
		"more conferences start at one time than a page holds, in an order that is not stable.":          "同一时刻开始的会议一页装不下，而且顺序不稳定。",
		"the service does not keep the order of its list.":                                               "服务端不保持列表的顺序。",
		"between two pages there is a gap that could not be closed.":                                     "两页之间有一处缺口无法补上。",
		"the service counts more conferences than it lists.":                                             "服务端统计的会议多于列出的会议。",
		"some conferences cannot be told apart by their ids and start.":                                  "有些会议无法根据 ID 和开始时间区分。",
		"that the service keeps the order of its list.":                                                  "服务端保持列表的顺序。",
		"that the list is sorted as it seems to be.":                                                     "列表确实按看上去的方式排序。",

		"%d live conferences were listed, and the service counts as many.":                   "列出了 %d 个实时会议，与服务端的统计一致。",
		"%d live conferences were listed; the service counts %d.":                            "列出了 %d 个实时会议；服务端统计为 %d 个。",
		"About %d may be missing.":                                                           "可能缺少约 %d 个。",
		"It took %d requests and %s.":                                                        "用了 %d 个请求，耗时 %s。",
		"%d of them closed gaps or made sure of the end.":                                    "其中 %d 个用于补上缺口或确认末尾。",
		"%d pages were never answered.":                                                      "有 %d 页始终没有得到响应。",
		"Meanwhile the list moved by %d places between two neighbouring pages, at the most.": "其间，列表在相邻两页之间最多移动了 %d 个位置。",
	})
}
