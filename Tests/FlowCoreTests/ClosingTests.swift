import FlowCore
import Testing

@Suite("Resources are closed, and the first error is thrown")
struct ClosingTests {
  private enum Trouble: Error { case body, close }

  struct Case: Sendable, CustomTestStringConvertible {
    var bodyFails: Bool
    var closeFails: Bool
    var testDescription: String { "body \(bodyFails ? "fails" : "returns"), closing \(closeFails ? "fails" : "returns")" }
  }
  static let cases = [false, true].flatMap { body in [false, true].map { Case(bodyFails: body, closeFails: $0) } }

  private func outcome(_ result: Result<Int, any Error>) -> String {
    switch result {
    case .success(let value): "\(value)"
    case .failure(let error): "\(error)"
    }
  }
  private func expected(_ scene: Case) -> String { scene.bodyFails ? "body" : scene.closeFails ? "close" : "7" }

  @Test("closes once in every case", arguments: cases)
  func waiting(_ scene: Case) async {
    var closed = 0
    let result: Result<Int, any Error>
    do {
      let value = try await withClosing {
        await Task.yield()
        if scene.bodyFails { throw Trouble.body }
        return 7
      } close: {
        await Task.yield()
        closed += 1
        if scene.closeFails { throw Trouble.close }
      }
      result = .success(value)
    } catch {
      result = .failure(error)
    }
    #expect(closed == 1)
    #expect(outcome(result) == expected(scene))
  }

  @Test("closes once without suspension", arguments: cases)
  func notWaiting(_ scene: Case) {
    var closed = 0
    let result = Result { () throws -> Int in
      try withClosing {
        if scene.bodyFails { throw Trouble.body }
        return 7
      } close: {
        closed += 1
        if scene.closeFails { throw Trouble.close }
      }
    }
    #expect(closed == 1)
    #expect(outcome(result) == expected(scene))
  }
}
