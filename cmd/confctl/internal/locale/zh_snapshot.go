package locale

// The sentences of confctl snapshot.
func init() {
	translate(map[string]string{
		" %s": "%s", // a sentence behind another

		"read the whole list, and report what is proven about it": "读取整个列表，并说明能否证明没有遗漏",
		"Read the whole list, and report what is proven about it. The list changes while it is read page by page, so that a listing can miss conferences unnoticed. A snapshot reads pages that overlap; the conferences that two pages share prove that nothing was missed between them.": "读取整个列表，并说明能否证明没有遗漏。逐页读取期间列表会变化，可能漏掉会议而无人察觉。快照读取相互重叠的页；两页共有的会议可以证明其间没有遗漏。",
		"less is proven than --require %s demands": "列举的结论低于 --require %s 的要求",
		"complete: nothing was missed. conditional: nothing was missed if one condition holds, which is shown. incomplete: conferences may have been missed.": "complete：完整，没有遗漏。conditional：有条件，在所显示的条件成立时没有遗漏。incomplete：不完整，可能有遗漏。",
		"The exit code is 3 if less is proven than --require demands.":                                                                                        "结论低于 --require 的要求时，退出码为 3。",

		"what a listing of everything proves here": "查看在这个服务上能否证明没有遗漏",
		"for a script that wants full proof":       "供要求完整证明的脚本使用",
		"a long list, quickly":                     "快速读取很长的列表",

		"exit with 3 below this `VERDICT`: complete, conditional, or incomplete (never)": "结论低于 `VERDICT` 时退出码为 3：complete、conditional 或 incomplete（此时退出码从不为 3）",
		"at most `N` requests at the same time, from 1 to 16":                            "至多同时进行 `N` 个请求，取值 1 到 16",
		"request `N` conferences per page; the service may send fewer":                   "每页请求 `N` 个会议；服务端返回的可能更少",
		"print the report as one JSON document":                                          "把报告输出为一个 JSON 文档",
		"conferences":                                                                    "会议",

		"Complete: nothing was missed. Every conference that was live from the first request to the last is in the list. Those that started or ended meanwhile may be in it or not.": "完整：没有遗漏。从第一个请求到最后一个请求一直在进行的会议都在列表中；其间开始或结束的会议可能在，也可能不在。",
		"Conditional: nothing was missed, on one condition: %s": "有条件，在以下条件成立时没有遗漏：%s",
		"Incomplete: conferences may have been missed: %s":      "不完整，可能有遗漏：%s",

		"the listing was stopped before its end.": "列举没有到末尾就停止了。",
		"a page could not be read.":               "有一页无法读取。",
		"the service does not send the pages that are requested, so that pages cannot overlap.":                   "服务端给出的页与所请求的不符，因此无法使各页重叠。",
		"it is not certain that the end of the list was reached.":                                                 "不能确定已读到列表的末尾。",
		"the list changes so fast that reading it would take too many requests.":                                  "列表变化太快，读完整个列表需要过多的请求。",
		"more conferences start at the same time than a page holds, and their order is not stable.":               "同一时刻开始的会议一页装不下，而且顺序不稳定。",
		"there are more conferences than the limit of a snapshot.":                                                "会议数超过快照的上限。",
		"the service does not keep the order of its list.":                                                        "服务端不保持列表的顺序。",
		"between two pages there is a gap that could not be closed.":                                              "两页之间有一处缺口无法补上。",
		"the service counts more conferences than it lists. If it always does, confctl doctor says what to do.":   "服务端统计的会议多于列出的会议。如果一向如此，可用 confctl doctor 查看该怎么做。",
		"This assumes that the service works as in earlier listings; every 30th is made without this assumption.": "这里假定服务的行为与之前列举时相同；每 30 次列举有一次不作此假定。",
		"Totals were ignored, and the service counts %d: conferences that it never lists are not noticed.":        "没有以总数为依据，而服务端统计为 %d 个：服务端从不列出的会议不会被发现。",
		"The service gives no total of its list: conferences that it never lists are not noticed.":                "服务端没有给出整个列表的总数：服务端从不列出的会议不会被发现。",
		"Totals were ignored: conferences that the service never lists are not noticed.":                          "没有以总数为依据：服务端从不列出的会议不会被发现。",
		"the responses of the service contradict each other: some may have lacked conferences.":                   "服务端的各次响应互相矛盾：有的可能缺少会议。",
		"some conferences have the same ids and start.":                                                           "有些会议的 ID 和开始时间相同，无法区分。",
		"that the service keeps the order of its list.":                                                           "服务端保持列表的顺序。",
		"that the list is really sorted as its pages suggest.":                                                    "列表确实按看上去的方式排序。",

		"%d live conferences were listed; the service counts the same number.":          "列出了 %d 个实时会议，与服务端的统计一致。",
		"%d live conferences were listed; the service counts %d.":                       "列出了 %d 个实时会议；服务端统计为 %d 个。",
		"About %d may be missing.":                                                      "可能缺少约 %d 个。",
		"It took %d requests and %s.":                                                   "用了 %d 个请求，耗时 %s。",
		"%d of them closed gaps or confirmed the end.":                                  "其中 %d 个用于核对各页的衔接和末尾。",
		"%d pages could not be read.":                                                   "有 %d 页无法读取。",
		"Meanwhile the list moved by at most %d places between two neighbouring pages.": "其间，列表在相邻两页之间最多移动了 %d 个位置。",
	})
}
