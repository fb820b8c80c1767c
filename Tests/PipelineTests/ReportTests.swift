import Testing

@testable import Pipeline

@Suite struct ReportTests {
    private let blocks: [ReportBlock] = [
        .answer("5 images/s at p99 ≤ 3 ms"), .heading("Latency & more"), .paragraph("a <b> *c* | d"),
        .list(["one_two", "three"]), .table(headings: ["name", "n|m"], rows: [["x|y", "1"]]),
        .picture(name: "cdf", caption: "a \"picture\""),
    ]

    @Test func markdownBeginsWithTheAnswer() {
        let text = ReportMarkdown.render(title: "A title", blocks)
        #expect(
            text == """
                **5 images/s at p99 ≤ 3 ms**

                # A title

                ## Latency & more

                a \\<b\\> \\*c\\* | d

                - one\\_two
                - three

                | name | n\\|m |
                |---|---:|
                | x\\|y | 1 |

                ![a "picture"](cdf.png)

                """)
    }

    @Test func htmlNeedsNoOtherFileAndEscapesEverything() {
        let page = ReportHTML.render(title: "A <title>", blocks) { name in Array("<svg>\(name)</svg>".utf8) }
        #expect(page.hasPrefix("<!DOCTYPE html>"))
        #expect(page.contains("<title>A &lt;title&gt;</title>"))
        #expect(page.contains("a &lt;b&gt; *c* | d"))
        #expect(page.contains("src=\"data:image/svg+xml;base64,PHN2Zz5jZGY8L3N2Zz4=\""))
        #expect(page.contains("alt=\"a &quot;picture&quot;\""))
        #expect(!page.contains("http"), "nothing is loaded from elsewhere")
        // Each element that is opened is closed.
        for tag in ["p", "h1", "h2", "ul", "li", "table", "thead", "tbody", "tr", "td", "th", "div", "figure", "main"] {
            let opened = page.components(separatedBy: "<\(tag)>") + page.components(separatedBy: "<\(tag) ")
            #expect(opened.count - 2 == page.components(separatedBy: "</\(tag)>").count - 1, "\(tag)")
        }
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [Substring] {
        split(separator: separator, omittingEmptySubsequences: false)
    }
}
