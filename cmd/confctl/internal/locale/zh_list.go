package locale

// The sentences of confctl list.
func init() {
	translate(map[string]string{
		"show live conferences": "显示实时会议",
		"Show live conferences: the first 20 in the service's order, with one request.":                                                                  "显示实时会议：按服务端的顺序显示最前面的 20 个，只需一个请求。",
		"With --all, --filter or --sort confctl reads the whole list page by page. The exit code is 3 if it cannot prove that no conference was missed.": "使用 --all、--filter 或 --sort 时，confctl 逐页读取整个列表；如果无法证明没有遗漏，退出码为 3。",
		"FIELD is the name of a JSON field, such as title, hostOrgName, attendeeCnt, startTime or isRecord, or what it means in Chinese, such as 参会人数. Times are in the zone of TZ, or else of this machine, which the headings name. startTimeStr and stopTimeStr are texts of the service, which name no zone. An empty cell, - and unknown are the same: the service sent no value.": "FIELD 是 JSON 中字段的名称，例如 title、hostOrgName、attendeeCnt、startTime 或 isRecord；也可用表头或厂商的中文名称，例如 组织、参会人数。时间按 TZ 指定的时区显示，未指定则用本机时区；表头注明时区。startTimeStr 和 stopTimeStr（展示字符串）是服务端给出的文字，不注明时区。空白、- 和“未知”意思相同：服务端没有给出值。",

		"the first 20":     "最前面的 20 个",
		"the five largest": "规模最大的五个",
		"those with at least ten attendees that contain 研发部":   "参会人数不少于 10，且包含“研发部”的会议",
		"all, while they are read, one JSON document per line": "全部会议，边读取边输出，每行一个 JSON 文档",

		"show `N` conferences at most": "最多显示 `N` 个会议",
		"show all":                     "显示全部",
		"sort by `FIELD`, or by several, separated by commas; -FIELD puts the largest first": "按 `FIELD` 排序，多个字段之间用逗号分隔；-FIELD 表示从大到小",
		"show only conferences with `TEXT` in the title, an id, the organisation or another text, personal data only with --with-personal-data; or with FIELD=VALUE, the whole text; also !=, >, >=, <, <=; if repeated, all must match": "只显示主题、ID、组织或其他文本包含 `TEXT` 的会议（加上 --with-personal-data 时也查找个人信息），或满足 FIELD=VALUE 的会议，文本须与 VALUE 完全相同；也可用 !=、>、>=、<、<=；可重复使用，须全部满足",
		"one JSON document with the service's field names":       "输出一个 JSON 文档，字段名称与服务端一致",
		"one JSON document per conference, each on its own line": "每个会议输出一个 JSON 文档，各占一行",

		"%s and %s cannot be used together": "%s 与 %s 不能同时使用",
		"%s works only with the table":      "%s 只用于表格",

		"%d shown. Of %d live conferences that came, %d match; perhaps there are more":                                              "显示 %d 个。读到的 %d 个实时会议中有 %d 个符合条件，可能还有更多",
		"%d of %d matching conferences; --all shows all of these. %d live conferences came, perhaps not all: others may match":      "显示 %d 个，读到的会议中符合条件的有 %d 个，用 --all 全部显示。读到 %d 个实时会议，可能没有读全，未读到的也可能符合条件",
		"%d of %d live conferences that came; --all shows all of these. Perhaps not all came: others may belong before those shown": "显示 %d 个，读到的实时会议有 %d 个，用 --all 全部显示。可能没有读全，未读到的也可能排在前面",

		"%d of %d matching conferences, %d live in all; --all shows all":           "显示 %d 个，符合条件的有 %d 个，实时会议共 %d 个；用 --all 显示全部",
		"%d of %d live conferences match":                                          "符合条件的有 %d 个，实时会议共 %d 个",
		"%d of %d live conferences, as the service counts; --all shows all":        "显示 %d 个，据服务端统计实时会议共 %d 个；用 --all 显示全部",
		"%d of %d live conferences; --all shows all":                               "显示 %d 个，实时会议共 %d 个；用 --all 显示全部",
		"%d live conferences, perhaps more; --all shows all":                       "实时会议 %d 个，可能还有更多；用 --all 显示全部",
		"%d live conferences: all, on one condition, which confctl snapshot shows": "实时会议共 %d 个，已全部显示，但有一个条件，用 confctl snapshot 可查看",
		"%d live conferences, perhaps more":                                        "实时会议 %d 个，可能还有更多",
		"%d live conferences: all":                                                 "实时会议共 %d 个，已全部显示",

		"confctl export -h lists all names": "全部名称见 confctl export -h",

		"a table of these `FIELDS`, separated by commas, in this order": "以表格显示这些字段（`FIELDS`，用逗号分隔），按给出的顺序",

		"all fields: on a terminal a line for each, elsewhere a table": "显示所有字段：在终端上每个字段一行，写入管道或文件时为表格",

		"three columns, one of them with the hosts": "只显示三列，其中一列是主持人",

		"Personal data is masked: --with-personal-data shows it.": "个人信息已脱敏：用 --with-personal-data 可显示。",

		"Names of hosts and other personal data were not searched: --with-personal-data searches and shows them, too.": "没有查找主持人姓名等个人信息：加上 --with-personal-data 就会查找并显示。",

		"FIELD=VALUE finds a text that is VALUE as a whole: to find a part of one, give VALUE alone.": "“字段=值”要求文本与值完全相同；要查找包含某个文本的会议，请只写这个文本。",
	})
}
