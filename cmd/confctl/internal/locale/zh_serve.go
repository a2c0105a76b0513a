package locale

// The sentences of confctl serve.
func init() {
	translate(map[string]string{
		"run a fake service, for demos and for trying clients": "运行一个模拟服务器，用于演示或试用客户端",
		"Serve made-up conferences as the vendor documents, until Ctrl-C; the exit code is then 0. The two lines on stdout are for a shell: they make other programs, and confctl in another terminal, call this service. The token is made up and not a secret.": "按厂商文档的接口提供虚构的会议，直到按下 Ctrl-C，此时退出码为 0。标准输出中的两行供 shell 使用，可让其他程序以及另一个终端中的 confctl 访问这个服务。令牌也是虚构的，不是机密。",
		"The list changes with every request, not with time. Where the documentation says nothing, the real service's behaviour is unknown: the flags imitate what it may do.":                                                                                    "列表随每个请求变化，不随时间变化。文档没有说明之处，真实服务的行为未知：可用各选项模拟它可能的行为。",
		"With -v each request is logged as one line on stderr.": "使用 -v 时，每个请求在标准错误中输出一行。",

		"Orders: start-down and start-up are by start time, event-up and event-down by event id, number-up to text-down by conference id, as a number or as text. start-only is by start time too; conferences with the same start have a fixed order that nothing shows. arbitrary is a fixed order that nothing shows, given that of creation. The others change: in loose-ties conferences with the same start change places, in swap-remove the last one takes the place of one that ended, in re-entry one that resumes comes first, in sorted-page each page is sorted by itself, and shuffled is another order with every request.": "顺序：start-down 和 start-up 按开始时间，event-up 和 event-down 按 eventId，number-up 到 text-down 按会议 ID，当作数字或文本。start-only 也按开始时间，开始时间相同的会议另有固定而看不出规律的顺序。arbitrary 是固定而看不出规律的顺序，given 是创建的顺序。其余的顺序会变：loose-ties 中开始时间相同的会议互换位置，swap-remove 中最后一个会议补到已结束会议的位置，re-entry 中恢复的会议排到最前，sorted-page 中每页各自排序，shuffled 则每个请求都重新打乱。",
		"Totals: exact counts the conferences that can be listed, raw also those that the request hides, page those of the page. cached is exact but old, noisy is wrong by up to 2 %%, doubled is twice too many, zero is always 0, negative always -1, and skipped is exact, but on a short page it is the number of its last conference.":                                                                                                                                                                                                                                                                                               "总数：exact 是可以列出的会议数，raw 还包括请求所隐藏的会议，page 是本页的会议数。cached 准确但陈旧，noisy 最多偏差 2 %%，doubled 是实际的两倍，zero 总是 0，negative 总是 -1，skipped 准确，但在不满的页上是其最后一个会议的序号。",

		"60 conferences on a free port of this machine":                "在本机的一个空闲端口上提供 60 个会议",
		"a long list that changes fast, at a known address":            "在指定地址提供一个变化很快的长列表",
		"a service with unusual behaviour, for confctl doctor to find": "一个行为异常的服务，供 confctl doctor 发现问题",

		"listen at `HOST:PORT`; port 0 is a free one":                                        "在 `HOST:PORT` 上监听；端口 0 表示任选一个空闲端口",
		"begin with `N` conferences":                                                         "开始时有 `N` 个会议",
		"another `N` makes up other conferences":                                             "`N` 不同，虚构的会议也不同",
		"`RATE` of starts and ends per request; 0 is a list at rest":                         "平均每个请求有 `RATE` 个会议开始或结束；0 表示列表静止",
		"`RATE` of conferences per request that change to one attendee, or from one to more": "平均每个请求有 `RATE` 个会议变为仅 1 人，或由 1 人变为多人",
		"`SHARE` of the ended conferences that resume, from 0 to 1":                          "已结束的会议恢复的比例 `SHARE`，从 0 到 1",
		"`ORDER` of the list: %s":                                                            "列表的顺序 `ORDER`：%s",
		"pages of at most `N` conferences, whatever is requested":                            "无论请求多少个，每页至多 `N` 个会议",
		"refuse requests for more than `N` conferences per page":                             "请求每页多于 `N` 个会议时拒绝",
		"never show more than the first `N` conferences":                                     "最多只给出最前面的 `N` 个会议",
		"treat counts that are not a multiple of ten as 20":                                  "条数不是 10 的倍数时按 20 处理",
		"pages of 20, whatever is requested":                                                 "无论请求多少个，每页都是 20 个",
		"every page is the first":                                                            "每一页都是第一页",
		"pages beyond the end repeat the last page":                                          "超出末尾的页重复最后一页",
		"hiding conferences with one attendee makes pages shorter":                           "隐藏仅 1 人的会议时，页会变短",
		"what totalCount is: `TOTAL` is %s":                                                  "totalCount 的取值方式，`TOTAL` 可为 %s",
		"confName and guestPcode instead of title and pcode2":                                "使用 confName 和 guestPcode，而不是 title 和 pcode2",
		"delay each response by `DURATION`, such as 50ms":                                    "推迟 `DURATION` 再响应，例如 50ms",
		"respond with HTTP 503 to this `SHARE` of the requests, from 0 to 1":                 "按比例 `SHARE`（从 0 到 1）返回 HTTP 503",

		"--addr is a host of this machine and a free port, such as 127.0.0.1:8080":                                                                     "--addr 应为本机的地址和空闲端口，例如 127.0.0.1:8080",
		"Serving %d made-up conferences until Ctrl-C. The two lines above are for the shell of the client; the token is not a secret.":                 "正在提供 %d 个虚构的会议，按 Ctrl-C 结束。上面两行供客户端的 shell 使用；令牌不是机密。",
		"Other machines can connect. Over plain http confctl sends a token only to its own machine: other machines need TLS in front of this service.": "其他机器也可以连接。通过明文 http，confctl 只向本机发送令牌：要供其他机器使用，请在前面加上 TLS。",

		"--%s must be from 0 to %s, not %s": "--%s 应在 0 到 %s 之间，而不是 %s",
	})
}
