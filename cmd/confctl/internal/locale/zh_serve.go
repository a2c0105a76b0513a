package locale

// The sentences of confctl serve.
func init() {
	translate(map[string]string{
		"serve a fake service, for demos and for trying clients": "运行一个模拟服务，用于演示或试用客户端",
		"Serve made-up conferences as the real service would, until Ctrl-C, which is no failure: the exit code is 0 then. The two lines on stdout make other programs, and confctl in another terminal, ask this service. The token is made up as well, and no secret.": "像真实服务一样提供虚构的会议，直到按下 Ctrl-C；这不算失败，此时退出码为 0。标准输出中的两行可让其他程序以及另一个终端中的 confctl 访问这个服务。令牌也是虚构的，不是机密。",
		"The list changes with every request, not with time. What a real service does where nothing is documented is unknown: the flags choose among what services are known to do.":                                                                                    "列表随每个请求变化，不随时间变化。文档没有说明之处，真实服务的行为未知：各选项用来选择一种已知某些服务会有的行为。",
		"With -v each request is a line on stderr.": "使用 -v 时，每个请求在标准错误中输出一行。",

		"60 conferences on a free port of this machine":       "在本机的一个空闲端口上提供 60 个会议",
		"a long list that moves fast, at a known address":     "在指定地址提供一个变化很快的长列表",
		"a service with oddities, for confctl doctor to find": "一个行为异常的服务，供 confctl doctor 发现问题",

		"listen at `HOST:PORT`; port 0 is a free one":                             "在 `HOST:PORT` 上监听；端口 0 表示任选一个空闲端口",
		"begin with `N` conferences":                                              "开始时有 `N` 个会议",
		"another `N` makes up others":                                             "换一个 `N`，虚构的会议就不同",
		"`RATE` of starts and ends a request; 0 is a list at rest":                "平均每个请求有 `RATE` 个会议开始或结束；0 表示列表静止",
		"`RATE` of conferences a request that come to have one attendee, or more": "平均每个请求有 `RATE` 个会议变为仅 1 人，或由 1 人变为多人",
		"`SHARE` of the ended that come back":                                     "已结束的会议恢复的比例 `SHARE`",
		"`ORDER` of the list: %s":                                                 "列表的顺序 `ORDER`：%s",
		"pages of `N` conferences at most, whatever is asked for":                 "无论请求多少个，每页至多 `N` 个会议",
		"refuse to give more than `N` conferences a page":                         "请求每页多于 `N` 个会议时拒绝",
		"never show more than the first `N` conferences":                          "最多只给出最前面的 `N` 个会议",
		"take counts that are no multiple of ten as 20":                           "条数不是 10 的倍数时按 20 处理",
		"pages of 20, whatever is asked for":                                      "无论请求多少个，每页都是 20 个",
		"every page is the first":                                                 "每一页都是第一页",
		"pages beyond the end are the last once more":                             "超出末尾的页都是最后一页",
		"hiding conferences with one attendee makes pages shorter":                "隐藏仅 1 人的会议时，页会变短",
		"what the service says that there are: `TOTAL` is %s":                     "服务端声称的总数，`TOTAL` 可为 %s",
		"confName and guestPcode instead of title and pcode2":                     "使用 confName 和 guestPcode，而不是 title 和 pcode2",
		"answer so much later, such as 50ms: `DURATION`":                          "推迟 `DURATION` 再响应，例如 50ms",
		"answer this `SHARE` of the requests with HTTP 503":                       "对比例为 `SHARE` 的请求返回 HTTP 503",

		"--addr is a host of this machine and a free port, such as 127.0.0.1:8080":                                                              "--addr 应为本机的地址和空闲端口，例如 127.0.0.1:8080",
		"Serving %d made-up conferences until Ctrl-C. The two lines above are for the shell that asks; the token is the fake's, and no secret.": "正在提供 %d 个虚构的会议，按 Ctrl-C 结束。上面两行供访问方的 shell 使用；令牌属于模拟服务，不是机密。",
		"Others than this machine can connect. The SDK sends a token over plain http to this machine alone: put TLS in front for others.":       "其他机器也可以连接。SDK 只对本机通过明文 http 发送令牌：要供其他机器使用，请在前面加上 TLS。",
	})
}
