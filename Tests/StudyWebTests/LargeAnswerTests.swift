import FlowCore
import FlowTesting
import Foundation
import Hummingbird
import StudyWeb
import Testing

@Suite("Large answers", .timeLimit(.minutes(1)))
struct LargeAnswerTests {
  /// A page of many lines, all different.
  private struct LargePart: SitePart {
    static let page = (0..<300_000).map { "line \($0)\n" }.joined()

    func addRoutes(to router: Router<WebContext>) {
      router.get("/large") { _, _ in Response.page(Self.page) }
    }
  }

  @Test("arrive whole and unaltered, for HEAD with their length alone")
  func whole() async throws {
    try await ServerUnderTest.run(parts: [LargePart()]) { server async throws in
      let answer = try await server.ask("/large")
      let length = LargePart.page.utf8.count
      #expect(answer.status == 200 && answer.body.count == length && answer.headers["content-length"] == "\(length)")
      let isUnaltered = answer.body == Array(LargePart.page.utf8)
      #expect(isUnaltered)
      let head = try await server.ask("/large", method: "HEAD")
      #expect(head.status == 200 && head.body.isEmpty && head.headers["content-length"] == "\(length)")
    }
  }
}
