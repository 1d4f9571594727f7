package main

import (
	"tlsmitm/cmd/tlsmitm/internal/config"
)

// phrases are what is said while the proxy runs, in one language.
type phrases struct {
	listening   string // address
	stop        string
	rootMade    string
	certificate string
	privateKey  string
	fingerprint string
	trustOnce   string
	trustAll    string
	page        string // address
	rootOld     string // path, date
	tryIt       string
	progress    string // name, per cent, how long it takes yet
	observes    string // path
}

func phrasesIn(l config.Lang) *phrases {
	if l == config.LangChinese {
		return &chinese
	}
	return &english
}

var english = phrases{
	listening:   "tlsmitm listens on %s",
	stop:        "; Ctrl-C stops it.",
	rootMade:    "This is the first run here, so tlsmitm made a root certificate of its own:",
	certificate: "certificate  ",
	privateKey:  "private key  ",
	fingerprint: "SHA-256      ",
	trustOnce:   "Have a single program trust it, as here, in another terminal:",
	trustAll:    "Or have this system trust it. Whoever gets the private key can read your TLS from then on:",
	page:        "For browsers, other systems and devices, open http://%s/",
	rootOld:     "root  %s, valid until %s",
	tryIt:       "try   ",
	progress:    "reading %s: %d%%, about %s left",
	observes:    "observes clients that write their TLS secrets to %s; nobody has to trust a root",
}

var chinese = phrases{
	listening:   "tlsmitm 正在监听 %s",
	stop:        "，按 Ctrl-C 停止。",
	rootMade:    "这是首次在此运行，tlsmitm 已生成自己的根证书：",
	certificate: "证书     ",
	privateKey:  "私钥     ",
	fingerprint: "SHA-256  ",
	trustOnce:   "只让某个程序信任它，例如在另一个终端中：",
	trustAll:    "或者让整个系统信任它。此后谁拿到私钥，谁就能读取你的 TLS 流量：",
	page:        "浏览器、其他系统和设备，请打开 http://%s/",
	rootOld:     "根证书  %s，有效期至 %s",
	tryIt:       "试一试  ",
	progress:    "正在读取 %s：%d%%，约剩 %s",
	observes:    "旁观把 TLS 密钥写入 %s 的客户端，无需信任任何根证书",
}

// story is what the demonstration says between its parts.
type story struct{ beginning, modern, older, distrust, end string }

func storyIn(l config.Lang) *story {
	if l == config.LangChinese {
		return &chineseStory
	}
	return &englishStory
}

var englishStory = story{
	beginning: `A server for shop.example, three clients, and between them the real proxy:
all of it in this process, on loopback. The proxy ends the client's TLS and
opens its own to the server, so every connection has two legs, shown together.`,
	modern: `1. A client that trusts the proxy's root certificate asks for a page over
   TLS 1.3. From the Server Hello on all is encrypted, but the proxy has the
   keys of both legs.`,
	older: `2. Another sends a form over TLS 1.2, where the certificate passes in the
   clear and the key exchange has messages of its own. Nothing of the form
   is hidden either.`,
	distrust: `3. The last one does not trust the proxy's root certificate, so it must not
   go on. What that looks like, and what to do about it, is said at the end.`,
	end: "That was the demonstration. `tlsmitm` starts the proxy for clients of your own.",
}

var chineseStory = story{
	beginning: `一台 shop.example 的服务器、三个客户端，以及它们之间真正的代理：
全部在本进程内，只走本机回环地址。代理终止客户端的 TLS，再自行与服务器
建立 TLS，因此每个连接都有两段，两段一并显示。`,
	modern: `1. 信任代理根证书的客户端通过 TLS 1.3 请求一个页面。从 Server Hello
   之后一切都已加密，但代理持有两段的密钥。`,
	older: `2. 另一个客户端通过 TLS 1.2 提交表单：证书以明文传送，密钥交换有单独的
   消息。表单的内容同样一览无余。`,
	distrust: `3. 最后一个客户端不信任代理的根证书，因此不会继续。这种情况是什么样子、
   该怎么办，最后会有说明。`,
	end: "演示到此结束。运行 `tlsmitm` 即可让你自己的客户端使用代理。",
}
