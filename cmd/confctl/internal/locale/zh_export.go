package locale

// The sentences of confctl export.
func init() {
	translate(map[string]string{
		"the same with Chinese headings, and with names and telephone numbers": "中文表头，并包含姓名和电话号码",
		"write all live conferences into a CSV, XLSX, NDJSON or Parquet file":  "把全部实时会议写入 CSV、XLSX、NDJSON 或 Parquet 文件",

		"export writes all live conferences into a CSV, XLSX, NDJSON or Parquet file. The file gets its name only when it is complete and the listing proves what --require demands.": "export 把全部实时会议写入 CSV、XLSX、NDJSON 或 Parquet 文件。只有当文件完整、且列举的结论达到 --require 的要求时，文件才会以指定的名称出现。",

		"Until then the conferences are in FILE.partial. After a crash, a full disk or Ctrl-C, the same command with --resume continues with it: it lists again, and adds what is missing. Other flags than --require and --ignore-totals must be the same, since the file would be another one. If the list did not change, the file is the same as after a single run. If it changed, the file has the conferences of all runs, and some of them may have ended.": "在此之前，会议保存在 FILE.partial 中。崩溃、磁盘写满或按下 Ctrl-C 之后，在同一命令后加上 --resume 即可继续：重新列举，并补上缺少的会议。除 --require 和 --ignore-totals 之外，其他选项须与开始时相同，否则会被拒绝，因为那样得到的是另一种文件。列表没有变化时，得到的文件与一次运行完成的相同；列表有变化时，文件包含各次运行列出的全部会议，其中有些可能已经结束。",

		"CSV: UTF-8, times as in RFC 3339, or with --chinese-headings as 2026-11-30 14:32:52 in the zone that the heading names, and 是 or 否 for true or false. What a spreadsheet would treat as a formula gets an apostrophe in front, at the start of a text and behind a semicolon, a tab or a line break in it, and so does an apostrophe there: to read it, remove one at each of these places. XLSX: ids are text, since Excel's numbers have 15 digits; times are dates in the zone that the heading names; control characters become U+FFFD. NDJSON: one conference per line. Parquet: typed columns, times in UTC; DuckDB reads it. A value that the service does not send is an empty cell, in Parquet null. Excel rounds the long ids of a CSV: give it XLSX.": "CSV：UTF-8 编码，时间为 RFC 3339 格式；使用 --chinese-headings 时写作 2026-11-30 14:32:52，时区见表头，true 和 false 写作“是”和“否”。在文本开头，以及其中的分号、制表符、换行之后，如果是会被电子表格当作公式的内容或单引号，就在前面加一个单引号；读取时在每处去掉一个即可。XLSX：ID 为文本，因为 Excel 的数字只有 15 位；时间为日期类型，时区见表头；控制字符变为 U+FFFD。NDJSON：每行一个会议。Parquet：各列有类型，时间为 UTC，可用 DuckDB 读取。服务端没有返回的值为空单元格，在 Parquet 中为 null。Excel 打开 CSV 时会舍入较长的 ID：请用 XLSX。",

		"Columns: %s.": "列：%s。",

		"a workbook for Excel, personal data masked":                                                                 "供 Excel 使用的工作簿，个人信息已脱敏",
		"three columns, in a CSV that Excel reads as UTF-8":                                                          "只含三列的 CSV，Excel 能识别为 UTF-8",
		"continue where a run was interrupted":                                                                       "从上次中断的地方继续",
		"into a pipe, while the list is read":                                                                        "边列举边写入管道",
		"the `FILE` to write; - is standard output, for CSV and NDJSON":                                              "要写入的文件 `FILE`；- 表示标准输出，仅限 CSV 和 NDJSON",
		"the `FORMAT`: csv, xlsx, ndjson or parquet; the default is the file's extension":                            "格式 `FORMAT`：csv、xlsx、ndjson 或 parquet；默认由文件扩展名决定",
		"begin CSV with a byte order mark, without which Excel does not read UTF-8; --chinese-headings does so, too": "CSV 以字节顺序标记（BOM）开头，否则 Excel 不按 UTF-8 读取；--chinese-headings 也会加上",
		"the `COLUMNS` of CSV, XLSX and Parquet, separated by commas; the default is all":                            "CSV、XLSX 和 Parquet 的列 `COLUMNS`，用逗号分隔；默认为全部",
		"use the vendor's Chinese terms as column headings instead of the field names, and a word for the status, which is from the vendor's pages of other endpoints": "表头使用厂商的中文名称，而不是字段名；会议状态的数字后附文字，文字取自厂商其他接口的文档",
		"write the file only if the listing has at least this `VERDICT`: complete, conditional, or incomplete (always)":                                                "列举的结论至少为 `VERDICT` 时才写文件：complete、conditional 或 incomplete（即总是写）",
		"continue an unfinished export, if there is one":        "如有未完成的导出，则继续",
		"replace an existing file":                              "替换已存在的文件",
		"print errors only, and what an embedded fake makes up": "只输出错误；使用内置模拟服务器时，还会说明会议是虚构的",

		"-o is missing: the file to write":                                      "缺少 -o，即要写入的文件",
		"%s does not end in .csv, .xlsx, .ndjson or .parquet: add --format":     "%s 不以 .csv、.xlsx、.ndjson 或 .parquet 结尾：请指定 --format",
		"--columns: there is no column %q":                                      "--columns：没有名为 %q 的列",
		"--columns: %q is given twice":                                          "--columns：%q 出现了两次",
		"the format %s needs a file":                                            "格式 %s 需要写入文件",
		"--resume and --force need a file":                                      "--resume 和 --force 只用于文件",
		"--bom is for CSV":                                                      "--bom 只用于 CSV",
		"NDJSON has whole conferences, not columns":                             "NDJSON 每行是完整的会议，没有列",
		"%d conferences were written. This is not the whole list.":              "已写入 %d 个会议，但这不是完整的列表。",
		"standard output":                                                       "标准输出",
		"Continuing with %d conferences of an earlier run, last written at %s.": "从上次运行的 %d 个会议继续，最后写入于 %s。",
		"There is no unfinished export: this run starts from the beginning.":    "没有未完成的导出：本次运行从头开始。",
		"%d conferences of the earlier run may have ended since: the file has the conferences of both runs.": "上次运行的会议中有 %d 个可能已经结束：文件包含两次运行的全部会议。",
		"%s was not written: less is proven than --require demands.":                                         "未写入 %s：列举的结论低于 --require 的要求。",
		"%d conferences are kept in %s: a run with --resume lists again and continues with them.":            "%d 个会议保留在 %s 中：加上 --resume 再次运行，会重新列举，并从这些会议继续。",
		"%s: %d conferences":            "%s：%d 个会议",
		"%d conferences listed so far":  "已列出 %d 个会议",
		"%d conferences written so far": "已写入 %d 个会议",
		"listing":                       "列举",
		"writing":                       "写入",

		"CSV and NDJSON have no such limit":                                           "CSV 和 NDJSON 没有这个限制",
		"CSV and NDJSON have no such limit; or start again with --columns without %s": "CSV 和 NDJSON 没有这个限制；或者重新开始，用 --columns 指定不含 %s 的列",
		"%d conferences are kept in %s, as NDJSON after its first line.":              "%d 个会议保留在 %s 中，第一行之后是 NDJSON。",
		"--force replaces it": "用 --force 可替换它",
		"--resume continues with it; move it away to start again":                   "用 --resume 可继续；把它移走可重新开始",
		"there is an unfinished export in %s":                                       "%s 中有未完成的导出",
		"resume it with the same flags as before, or move it away to start again":   "请用开始时的选项继续，或把它移走以重新开始",
		"move it away to start again":                                               "请把它移走以重新开始",
		"line %d of %s is damaged":                                                  "%[2]s 的第 %[1]d 行已损坏",
		"%s already exists":                                                         "%s 已存在",
		"-o must be the name of a file":                                             "-o 应为文件名",
		"%s is a directory or a device":                                             "%s 是目录或设备",
		"wait for it, or choose another -o":                                         "请等它结束，或换一个 -o",
		"another run is writing %s":                                                 "另一次运行正在写入 %s",
		"the directory of -o must exist, and you must be allowed to write the file": "-o 所在的目录必须存在，且您有权写入该文件",
		"%s is of another request: another --admin or --hide-single":                "%s 属于另一个请求：--admin 或 --hide-single 不同",
		"%s is of another service, %s":                                              "%s 属于另一个服务 %s",
		"%s was started with another --admin":                                       "%s 开始时用的是另一个 --admin",
		"%s was started with another --hide-single":                                 "%s 开始时用的是另一个 --hide-single",
		"%s was started with %s":                                                    "%s 开始时用了 %s",
		"%s was started without %s":                                                 "%s 开始时没有用 %s",
		"%s was started with times in %s":                                           "%s 开始时的时区是 %s",
		"%s is not an unfinished export":                                            "%s 不是未完成的导出",
		"%s is of another version of this program":                                  "%s 由本程序的其他版本生成",

		"%s is complete: there is no unfinished export": "%s 已完成：没有未完成的导出",

		"nothing is left to do, unless the file is of another program; --force lists again and replaces it": "文件已经写完，无需再运行；如果它是其他程序写的，用 --force 可重新列举并替换它",
	})
}
