import FlowCore
import FlowDefinition
import Testing

/// For any content the loader returns a graph, or problems with positions inside the file.
@Suite("a damaged flow file")
struct DamagedFlowTests {
  private static let whole = Array(Flows.whole.unicodeScalars)
  private static let lineLengths = Flows.whole.split(separator: "\n", omittingEmptySubsequences: false).map(
    \.unicodeScalars.count)

  private func check(_ scalars: some Sequence<Unicode.Scalar>, _ damage: String) {
    let text = String(String.UnicodeScalarView(scalars))
    guard case .failure(let problems) = load(text) else { return }
    #expect(!problems.all.isEmpty, "\(damage)")
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(\.unicodeScalars.count)
    for problem in problems.all {
      guard let position = problem.position else { continue }
      let isInside =
        (1...lines.count).contains(position.line) && (1...(lines[position.line - 1] + 1)).contains(position.column)
      #expect(isInside, "\(damage): \(problem)")
      #expect(!problem.description.contains("not valid YAML"), "\(damage): \(problem)")
    }
  }

  @Test("truncated anywhere is either valid or reported")
  func cutOff() {
    for length in stride(from: 0, to: Self.whole.count, by: 17) {
      check(Self.whole.prefix(length), "cut off after \(length)")
    }
  }

  @Test("with one character deleted is either valid or reported")
  func characterMissing() {
    for place in stride(from: 0, to: Self.whole.count, by: 13) {
      check(Self.whole[..<place] + Self.whole[(place + 1)...], "without character \(place)")
    }
  }

  @Test(
    "with one character inserted is either valid or reported",
    arguments: ["\"", "'", "{", "]", ":", "\t", "#", "&", "*", "%", "\n", "\\", "-"] as [Unicode.Scalar])
  func characterAdded(character: Unicode.Scalar) {
    let start = Int(character.value) % 97
    for place in stride(from: start, to: Self.whole.count, by: 97) {
      check(Self.whole[..<place] + [character] + Self.whole[place...], "with \(character) at \(place)")
    }
  }
}
