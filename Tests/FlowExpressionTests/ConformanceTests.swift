import FlowExpression
import Foundation
import Testing

@Suite("NiFi's own cases")
struct ConformanceTests {
  static let all: [ConformanceCase] = {
    do { return try ConformanceCase.load("cases.jsonl") + ConformanceCase.load("extra.jsonl") } catch {
      Issue.record(error)
      return []
    }
  }()

  static let categories = Set(all.map(\.category)).sorted()

  @Test("all cases are present")
  func count() {
    #expect(Self.all.count == 885 + 39)
    #expect(ConformanceExceptions.reasons.count < 10)
    #expect(Set(ConformanceExceptions.reasons.keys).isSubset(of: Self.all.map(\.id)))
  }

  @Test("a case has NiFi's result", arguments: categories)
  func conforms(category: String) {
    for one in Self.all where one.category == category && ConformanceExceptions.reasons[one.id] == nil {
      let result = Self.run(one)
      #expect(result == one.expected, "\(one.id) \(one.expression) with \(one.attributes ?? [:])")
    }
  }

  @Test("an exception in NiFi is an error here")
  func exceptions() {
    for one in Self.all where ConformanceExceptions.reasons[one.id] != nil {
      #expect(Self.run(one) != one.expected, "\(one.id) is met by now")
    }
  }

  @Test("mistakes are found in the same phase as in NiFi, with the same types", arguments: categories)
  func phases(category: String) {
    for one in Self.all where one.category == category && ConformanceExceptions.reasons[one.id] == nil {
      let expression = try? Expression(one.expression, parameters: Self.parameters(one))
      if let phase = one.phase { #expect((expression == nil) == (phase == "compile"), "\(one.id) \(one.expression)") }
      if let type = one.result_type, let found = expression?.resultType {
        #expect(found.rawValue == type, "\(one.id) \(one.expression)")
      }
    }
  }

  private static func parameters(_ one: ConformanceCase) -> [String: ExpressionParameter] {
    (one.parameters ?? [:]).mapValues { ExpressionParameter($0) }
  }

  private static func run(_ one: ConformanceCase) -> ConformanceCase.Expected {
    do {
      let expression = try Expression(one.expression, parameters: parameters(one))
      if one.expected == .valid { return .valid }
      let zone = TimeZone(identifier: one.tz ?? "UTC") ?? .gmt
      let state = one.state ?? [:]
      let environment = ExpressionEnvironment(
        now: { 1_785_838_530_123 }, random: { 7 }, uuid: { "00000000-0000-4000-8000-000000000000" }, state: { state[$0] }, timeZone: zone)
      return .value(try expression.evaluate(one.attributes ?? [:], environment: environment))
    } catch {
      return .error
    }
  }
}
