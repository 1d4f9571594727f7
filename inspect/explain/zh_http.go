package explain

import (
	"fmt"

	"tlsmitm/inspect/application"
)

// chineseHTTP holds what is said about HTTP in Chinese.
func chineseHTTP() exchangeWords {
	return exchangeWords{
		columns: ExchangeColumns{
			Exchange: "交换", Method: "方法", Status: "状态", Type: "类型", Size: "大小", Time: "耗时",
		},
		waiting: func(elapsed string) string { return "已等待 " + elapsed + "，尚无响应" },
		cut: map[string]string{
			application.CutConnection: "连接先结束了",
			application.CutStream:     "流先被终止了",
			application.CutNoAnswer:   "没有收到响应",
		},
		cutRequest: func(why string) string { return "请求：" + why },
		cutAnswer:  func(why string) string { return "响应：" + why },
		anomaly: func(code, detail string) string {
			if detail == "" {
				return "异常 " + code
			}
			return "异常 " + code + "：" + detail
		},
		undecoded:  func(why string) string { return "未能解码：" + why },
		promised:   "由服务器推送",
		switched:   func(protocol string) string { return "此后改用 " + protocol },
		failed:     func(why string) string { return "无法再按 HTTP 解读：" + why },
		differs:    map[string]string{"request": "两段上的请求不一致", "response": "两段上的响应不一致"},
		interim:    func(statuses string) string { return "此前有 " + statuses },
		noHTTP:     "不是 HTTP",
		trailers:   "尾部字段",
		message:    func(index int) string { return fmt.Sprintf("gRPC 消息 %d", index) },
		event:      func(name string) string { return "事件 " + name },
		closing:    func(code int) string { return fmt.Sprintf("代码 %d", code) },
		compressed: func(amount string) string { return "解压后 " + amount },
		noResponse: "没有响应",
	}
}
