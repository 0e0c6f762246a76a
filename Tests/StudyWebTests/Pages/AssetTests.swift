import FlowFileSystem
import StudyWeb
import Testing

@Suite("Style and scripts")
struct AssetTests {
  @Test("are served from memory, with their types, and again only if they have changed", arguments: [
    ("site.css", "text/css; charset=utf-8"), ("graph.css", "text/css; charset=utf-8"), ("charts.css", "text/css; charset=utf-8"), ("live.js", "text/javascript; charset=utf-8"), ("chart.js", "text/javascript; charset=utf-8"),
    ("icon.svg", "image/svg+xml"),
  ])
  func served(name: String, type: String) async throws {
    try await ServerUnderTest.run(readingNeedsToken: true) { server in
      let answer = try await server.ask("/assets/\(name)")
      #expect(answer.status == 200 && answer.headers["content-type"] == type && !answer.body.isEmpty)
      let tag = try #require(answer.headers["etag"])
      let again = try await server.ask("/assets/\(name)", headers: ["If-None-Match": tag])
      #expect(again.status == 304 && again.body.isEmpty)
    }
  }

  @Test("are nothing else", arguments: ["/assets/", "/assets/nothing.js", "/assets/../../etc/passwd", "/assets/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2fetc%2fpasswd", "/assets/study.mustache"])
  func nothingElse(path: String) async throws {
    try await ServerUnderTest.run { server in
      let answer = try await server.ask(path)
      #expect(answer.status == 404 && !answer.text.contains("root:"), "\(answer.status)")
    }
  }

  @Test("ask the browser for nothing from elsewhere")
  func noOutsideResource() async throws {
    try await ServerUnderTest.run { server in
      for name in ["site.css", "graph.css", "charts.css", "live.js", "chart.js"] {
        let text = try await server.ask("/assets/\(name)").text
        #expect(!text.contains("http://") && !text.contains("https://") && !text.contains("@import") && !text.contains("url("), "\(name)")
      }
    }
  }
}
