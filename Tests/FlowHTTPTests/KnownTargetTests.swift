import Testing

@testable import FlowHTTP

@Suite("A URL is parsed again unless only its path differs")
struct KnownTargetTests {
  @Test(
    "what the last target serves",
    arguments: [
      ("http://127.0.0.1:8080/other?a=b", true), ("http://127.0.0.1:8080/", true), ("http://127.0.0.1:8080", false),
      ("http://127.0.0.1:80801/x", false), ("http://127.0.0.1:8080@elsewhere/x", false), ("https://127.0.0.1:8080/x", false),
      ("HTTP://127.0.0.1:8080/x", false), ("http://127.0.0.1:8080/a b", false), ("http://127.0.0.1:8080/ä", false),
      ("http://127.0.0.1:8080/a\u{0}", false),
    ])
  func serves(_ url: String, _ expected: Bool) throws {
    let first = "http://127.0.0.1:8080/first"
    let known = try #require(KnownTarget(first, try RequestTarget(first)))
    #expect(known.serves(url) == expected)
    // What it serves, the parser reads in the same way.
    if expected { #expect(try RequestTarget(url) == known.target) }
  }

  @Test("a URL without a path is not kept")
  func withoutPath() throws {
    let url = "http://127.0.0.1:8080"
    #expect(KnownTarget(url, try RequestTarget(url)) == nil)
  }
}
