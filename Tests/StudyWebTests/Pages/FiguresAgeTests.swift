import FlowCore
import StudyModel
import Testing

@testable import StudyWeb

@Suite("How long the figures of a page are used")
struct FiguresAgeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var cost = Duration.milliseconds(50)
    var age: Duration
    var hasChanged = false
    var use: FiguresAge.Use
  }

  static let cases = [
    Case(testDescription: "nothing has changed", age: .seconds(30), use: .keep),
    Case(testDescription: "nothing that shows has changed for a minute", age: .seconds(61), use: .wait),
    Case(testDescription: "a file has just changed", age: .seconds(4), hasChanged: true, use: .keep),
    Case(testDescription: "a file has changed a while ago", age: .seconds(6), hasChanged: true, use: .wait),
    Case(testDescription: "it takes a minute, and a file has changed", cost: .seconds(60), age: .seconds(1_199), hasChanged: true, use: .keep),
    Case(testDescription: "it takes a minute, and twenty have passed", cost: .seconds(60), age: .seconds(1_201), hasChanged: true, use: .keepMeanwhile),
    Case(testDescription: "it takes just what a reader waits", cost: .milliseconds(500), age: .seconds(11), hasChanged: true, use: .wait),
    Case(testDescription: "it takes longer than a reader waits", cost: .milliseconds(501), age: .seconds(11), hasChanged: true, use: .keepMeanwhile),
  ]

  @Test("a reader never waits for long where there are earlier figures", arguments: cases)
  func use(_ example: Case) {
    let basis = FiguresAge.Basis(run: nil, files: ["P0001 1"], databases: [])
    var current = basis
    if example.hasChanged { current.files = ["P0001 2"] }
    let age = FiguresAge(basis: basis, at: .seconds(100), cost: example.cost)
    #expect(age.use(current, now: .seconds(100) + example.age) == example.use)
  }
}
