import FlowCore
import FlowDefinition
import FlowTesting
import Testing

@testable import FlowProcessors

/// Random texts, cut at random and mixed, become themselves again.
@Suite("What was split and is merged again is as it was")
struct SplitAndMergeTests {
  private static func number(_ random: SeededRandomSource, below limit: Int) -> Int { Int(random.next() % UInt64(limit)) }

  private static func text(_ random: SeededRandomSource) -> [UInt8] {
    let pieces: [[UInt8]] = [Array("\n".utf8), Array("\r\n".utf8), Array("\r".utf8), Array("é,1".utf8), [0xFF, 0x00], Array("a long line".utf8)]
    return (0..<number(random, below: 60)).flatMap { _ in pieces[number(random, below: pieces.count)] }
  }

  private static func shuffled(_ flowFiles: [FlowFile], _ random: SeededRandomSource) -> [FlowFile] {
    var rest = flowFiles
    return flowFiles.indices.map { _ in rest.remove(at: number(random, below: rest.count)) }
  }

  @Test("lines, in any order", arguments: Seeds.chosen(usual: 60))
  func lines(_ seed: UInt64) async throws {
    let random = SeededRandomSource(seed: seed)
    let split = try ProcessorTest(
      SplitText.self, ["line_split_count": .text(String(Self.number(random, below: 4) + 1)), "remove_trailing_newlines": "false"],
      environment: .undriven(seed: seed))
    let merge = try ProcessorTest(
      MergeContent.self, ["merge_strategy": "defragment"], compiler: CompiledExpressions(parameters: []), environment: .undriven(seed: seed + 1))
    var fragments: [FlowFile] = [], texts: [String: [UInt8]] = [:]
    for file in 0..<3 {
      let text = Self.text(random)
      let outcome = await split.run([split.flowFile(["filename": "\(file)"], content: Content(bytes: text))])
      fragments += outcome["splits"]
      if !outcome["splits"].isEmpty { texts["\(file)"] = text }
    }
    let outcomes = await merge.runAll(Self.shuffled(fragments, random))
    let merged = outcomes.flatMap { $0["merged"] }
    #expect(outcomes.allSatisfy { $0.error == nil && $0["failure"].isEmpty })
    #expect(Dictionary(merged.map { ($0["filename"] ?? "", $0.content.fileBytes) }) { first, _ in first } == texts, "seed \(seed)")
    #expect(merged.count == texts.count && outcomes.flatMap { $0["original"] }.count == fragments.count)
  }

  @Test("a fragment that is missing keeps nothing back and merges nothing", arguments: Seeds.chosen(usual: 20))
  func missing(_ seed: UInt64) async throws {
    let random = SeededRandomSource(seed: seed)
    let split = try ProcessorTest(SplitText.self, ["line_split_count": "1"])
    let merge = try ProcessorTest(MergeContent.self, ["merge_strategy": "defragment"], compiler: CompiledExpressions(parameters: []))
    var fragments = await split.run([split.flowFile(text: "1\n2\n3\n4\n5\n")])["splits"]
    fragments.remove(at: Self.number(random, below: fragments.count))
    let outcomes = await merge.runAll(Self.shuffled(fragments, random))
    #expect(outcomes.flatMap { $0["merged"] }.isEmpty)
    #expect(Set(outcomes.flatMap { $0["failure"] }.map(\.id)) == Set(fragments.map(\.id)))
    #expect(outcomes.flatMap { $0["failure"] }.allSatisfy { $0.failure?.message.contains("4 fragments before the end of the run; expected 5") == true })
  }
}
