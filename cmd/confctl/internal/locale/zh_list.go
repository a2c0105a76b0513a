package locale

// The sentences of confctl list.
func init() {
	translate(map[string]string{
		"show live conferences": "显示实时会议",
		"Show live conferences: the first 20 in the service's order, as one request gives them.":                                                             "显示实时会议：按服务端的顺序显示最前面的 20 个，只需一个请求。",
		"With --all, --filter or --sort the whole list is read, page by page, and the exit code is 3 if it could not be proven that none was missed.":        "使用 --all、--filter 或 --sort 时，会逐页读取整个列表；如果无法证明没有遗漏，退出码为 3。",
		"FIELD is the name of a member in the JSON, such as title, hostOrgName, attendeeCnt, startTime or isRecord. Times are those of this machine's zone.": "FIELD 是 JSON 中字段的名称，例如 title、hostOrgName、attendeeCnt、startTime 或 isRecord。时间按本机时区显示。",

		"the first 20":     "最前面的 20 个",
		"the five largest": "规模最大的五个",
		"those with ten attendees or more that mention 研发部": "参会人数不少于 10、且提到“研发部”的会议",
		"all of them, a JSON document a line as they come":  "全部会议，边列举边输出，每行一个 JSON 文档",

		"show `N` conferences at most": "最多显示 `N` 个会议",
		"show all":                     "显示全部",
		"sort by `FIELD`, or several with commas between them; -FIELD puts the largest first":                                                           "按 `FIELD` 排序，多个字段之间用逗号分隔；-FIELD 表示从大到小",
		"show those whose titles, ids or other texts contain `TEXT`, or for which FIELD=VALUE holds; also !=, >, >=, <, <=; given again, all must hold": "只显示主题、ID 或其他文本包含 `TEXT` 的会议，或满足 FIELD=VALUE 的会议；也可用 !=、>、>=、<、<=；可重复使用，条件须全部满足",
		"a table of all members":                                    "以表格显示所有字段",
		"one JSON document by the names that the service uses":      "输出一个 JSON 文档，字段名称与服务端一致",
		"a JSON document for each conference, on a line of its own": "每个会议输出一个 JSON 文档，各占一行",

		"%s and %s exclude each other": "%s 与 %s 不能同时使用",
		"%s is for the table":          "%s 只用于表格",

		"%d of %d that match, of %d live conferences; --all shows all":                                "显示 %d 个，符合条件的有 %d 个，实时会议共 %d 个；用 --all 显示全部",
		"%d of %d live conferences match":                                                             "符合条件的有 %d 个，实时会议共 %d 个",
		"%d of %d live conferences, by the service's count; --all shows all":                          "显示 %d 个，据服务端统计实时会议共 %d 个；用 --all 显示全部",
		"%d of %d live conferences; --all shows all":                                                  "显示 %d 个，实时会议共 %d 个；用 --all 显示全部",
		"%d live conferences, and perhaps more; --all shows all":                                      "实时会议 %d 个，可能还有更多；用 --all 显示全部",
		"%d live conferences, and that is all of them on one condition, which confctl snapshot names": "实时会议共 %d 个，在一个条件下已全部显示；confctl snapshot 会说明该条件",
		"%d live conferences, and perhaps more":                                                       "实时会议 %d 个，可能还有更多",
		"%d live conferences, and that is all of them":                                                "实时会议共 %d 个，已全部显示",
	})
}
