import FlowExpression
import Foundation
import Testing

@Suite("Any text at all")
struct FuzzTests {
  /// SplitMix64: the same sequence every time.
  struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
      return value ^ value >> 31
    }
  }

  @Test("compiles or has a problem inside the text, and evaluates or has an error", arguments: 1...8)
  func mutations(seed: Int) {
    var generator = Generator(state: UInt64(seed))
    let cases = ConformanceTests.all
    let marks = Array("${}()[]'\":,#\\ \n\t0-9.é😀abc%*?+|".unicodeScalars)
    for _ in 0..<250 {
      let one = cases[Int.random(in: 0..<cases.count, using: &generator)]
      var scalars = Array(one.expression.unicodeScalars)
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0...scalars.count, using: &generator)
        let mark = marks[Int.random(in: 0..<marks.count, using: &generator)]
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: scalars.insert(mark, at: place)
        case 1 where place < scalars.count: scalars.remove(at: place)
        default: if place < scalars.count { scalars[place] = mark }
        }
      }
      check(String(String.UnicodeScalarView(scalars)), one.attributes ?? [:])
    }
  }

  private func check(_ text: String, _ attributes: [String: String]) {
    do {
      _ = try Expression(text).evaluate(attributes, environment: .fixed())
    } catch let problem as ExpressionProblem {
      #expect((0...text.unicodeScalars.count).contains(problem.offset), "\(text)")
      #expect(!problem.expected.isEmpty)
    } catch {
      #expect(error is EvaluationError)
    }
  }
}
