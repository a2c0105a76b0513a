package locale

// The sentences of confctl export.
func init() {
	translate(map[string]string{
		"write all live conferences into a file of CSV, XLSX or NDJSON": "把全部实时会议写入 CSV、XLSX 或 NDJSON 文件",

		"export writes all live conferences into a file of CSV, XLSX or NDJSON, which appears under its name only when it is whole and the listing has proven as much as --require asks.": "export 把全部实时会议写入 CSV、XLSX 或 NDJSON 文件。只有当内容完整、且列举达到 --require 要求的证明程度时，文件才会以指定的名称出现。",

		"Until then what was listed is in FILE.partial. After a crash, a full disk or Ctrl-C, --resume goes on with that: it lists again, and adds what is not there yet. On a list at rest the file is then the same as that of a single run; on a list that moves it is the union of what the runs have listed, of which some may have ended.": "在此之前，已列出的会议保存在 FILE.partial 中。崩溃、磁盘写满或按下 Ctrl-C 之后，可用 --resume 由此继续：重新列举，并补上其中还没有的会议。列表静止时，得到的文件与一次运行完成的相同；列表变化时，得到的是各次运行所列会议的并集，其中有些可能已经结束。",

		"CSV: UTF-8, times in RFC 3339; text that a spreadsheet would take for a formula has an apostrophe in front, and so has text that begins with one: take one away to read it. XLSX: ids are text, since a number of Excel has 15 digits; times are dates in UTC; control characters become U+FFFD. NDJSON: a whole conference a line. What the service does not say is an empty cell.": "CSV：UTF-8 编码，时间为 RFC 3339 格式；会被电子表格当作公式的文本，前面加一个单引号，本来以单引号开头的文本也一样：读取时去掉一个即可。XLSX：ID 为文本，因为 Excel 的数字只有 15 位；时间为日期类型，采用 UTC；控制字符变为 U+FFFD。NDJSON：每行一个完整的会议。服务端没有说明的内容为空单元格。",

		"Columns: %s.": "列：%s。",

		"a workbook for Excel, personal data masked":                                                                            "供 Excel 使用的工作簿，个人信息已脱敏",
		"three columns, in a CSV that Excel takes for UTF-8":                                                                    "只含三列的 CSV，Excel 能识别为 UTF-8",
		"go on where a run was interrupted":                                                                                     "从上次中断的地方继续",
		"into a pipe, as it comes":                                                                                              "边列举边写入管道",
		"the `FILE` to write; - is standard output, for CSV and NDJSON":                                                         "要写入的文件 `FILE`；- 表示标准输出，仅限 CSV 和 NDJSON",
		"the `FORMAT`, csv, xlsx or ndjson, instead of that of the file's extension":                                            "格式 `FORMAT`：csv、xlsx 或 ndjson；默认由文件扩展名决定",
		"begin CSV with a byte order mark, without which Excel does not read UTF-8":                                             "CSV 以字节顺序标记（BOM）开头，否则 Excel 不按 UTF-8 读取",
		"the `COLUMNS` of CSV and XLSX, separated by commas, instead of all":                                                    "CSV 和 XLSX 的列 `COLUMNS`，用逗号分隔；默认为全部",
		"head the columns with the vendor's Chinese words instead of its names":                                                 "列标题用厂商的中文说明，而不是字段名",
		"write the file only if the listing has this `VERDICT` at least: complete, conditional, or incomplete, which is always": "列举的结论至少为 `VERDICT` 时才写文件：complete、conditional 或 incomplete（即总是写）",
		"go on with what an earlier run has left, if it has":                                                                    "如果上次运行留下了未完成的文件，就从那里继续",
		"replace a file that is there already":                                                                                  "替换已存在的文件",
		"print errors only":                                                                                                     "只输出错误",

		"-o is missing, the file to write":                                    "缺少 -o，即要写入的文件",
		"%s does not end in .csv, .xlsx or .ndjson: say the --format":         "%s 不以 .csv、.xlsx 或 .ndjson 结尾：请指定 --format",
		"--columns: there is no column %q":                                    "--columns：没有名为 %q 的列",
		"--columns: %q is there twice":                                        "--columns：%q 出现了两次",
		"XLSX needs a file":                                                   "XLSX 需要写入文件",
		"--resume and --force are for files":                                  "--resume 和 --force 只用于文件",
		"--bom is for CSV":                                                    "--bom 只用于 CSV",
		"NDJSON has whole conferences, and no columns":                        "NDJSON 每行是完整的会议，没有列",
		"%d conferences were written, which is not the whole list.":           "已写入 %d 个会议，但这不是完整的列表。",
		"standard output":                                                     "标准输出",
		"Going on with %d conferences of an earlier run, last written at %s.": "从上次运行的 %d 个会议继续，最后写入于 %s。",
		"There is nothing to go on with: this run begins anew.":               "没有可以继续的内容：本次运行从头开始。",
		"%d conferences of the earlier run may have ended since: the file is the union of both runs.": "上次运行的会议中有 %d 个可能已经结束：文件是两次运行的并集。",
		"%s was not written: less is proven than --require asks.":                                     "未写入 %s：证明程度低于 --require 的要求。",
		"%d conferences are kept in %s: the same command with --resume goes on with them.":            "%d 个会议保留在 %s 中：同一命令加上 --resume 即可继续。",
		"%s: %d conferences":            "%s：%d 个会议",
		"%d conferences listed so far":  "已列出 %d 个会议",
		"%d conferences written so far": "已写入 %d 个会议",
		"listing":                       "列举",
		"writing":                       "写入",

		"CSV and NDJSON have room for it":                                                 "CSV 和 NDJSON 没有这个限制",
		"CSV and NDJSON have room for it; or --resume with --columns that do not have %s": "CSV 和 NDJSON 没有这个限制；或者加上 --resume，并用 --columns 指定不含 %s 的列",
		"%d conferences are kept in %s, as NDJSON behind its first line.":                 "%d 个会议保留在 %s 中，第一行之后是 NDJSON。",
		"--force replaces it": "用 --force 可替换它",
		"--resume goes on with it; move it away to begin anew":                           "用 --resume 可继续；把它移走可重新开始",
		"there is an unfinished export in %s":                                            "%s 中有未完成的导出",
		"resume it with the flags that it was begun with, or move it away to begin anew": "请用开始时的选项继续，或把它移走以重新开始",
		"move it away to begin anew":                                                     "请把它移走以重新开始",
		"line %d of %s is damaged":                                                       "%[2]s 的第 %[1]d 行已损坏",
		"%s is there already":                                                            "%s 已存在",
		"-o is the name of a file":                                                       "-o 应为文件名",
		"%s is a directory or a device":                                                  "%s 是目录或设备",
		"wait for it, or choose another -o":                                              "请等它结束，或换一个 -o",
		"another run is writing %s":                                                      "另一次运行正在写入 %s",
		"the directory of -o must exist, and the file be yours to write":                 "-o 所在的目录必须存在，且您有权写入该文件",
		"%s is of another service, %s":                                                   "%s 属于另一个服务 %s",
		"%s was begun with another --admin":                                              "%s 开始时用的是另一个 --admin",
		"%s was begun with another --hide-single":                                        "%s 开始时用的是另一个 --hide-single",
		"%s was begun with --with-personal-data":                                         "%s 开始时用了 --with-personal-data",
		"%s was begun without --with-personal-data":                                      "%s 开始时没有用 --with-personal-data",
		"%s was begun in the format %s":                                                  "%s 开始时的格式是 %s",
		"%s is no unfinished export of this version":                                     "%s 不是这个版本的未完成导出",
	})
}
