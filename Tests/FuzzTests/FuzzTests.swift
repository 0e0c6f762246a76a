import Foundation
import FuzzTargets
import Testing

/// A sample of each run; `FLOWRUN_SOAK=N` looks at N times as many inputs. `Scripts/fuzz` looks for new paths with libFuzzer.
@Suite("Whatever comes from outside is read or refused")
struct FuzzTests {
  private static let seeds = ProcessInfo.processInfo.environment["FLOWRUN_SEED"].flatMap(UInt64.init).map { $0...$0 } ?? 1...4
  private static let inputs = 150 * (ProcessInfo.processInfo.environment["FLOWRUN_SOAK"].flatMap(Int.init) ?? 1)

  @Test("a changed input never breaks a reader's promise", arguments: FuzzTarget.allCases, seeds)
  func changedInputs(target: FuzzTarget, seed: UInt64) throws {
    var mutator = Mutator(seed: seed, corpus: try FuzzCorpus(target))
    for number in 0..<Self.inputs {
      let input = mutator.next()
      do {
        try target.read(input)
      } catch {
        Issue.record("seed \(seed), input \(number): \(error): \(String(decoding: input, as: UTF8.self))")
      }
    }
  }

  @Test("every input of the corpus keeps the promise: among them is what libFuzzer has found", arguments: FuzzTarget.allCases)
  func corpus(target: FuzzTarget) throws {
    for input in try FuzzCorpus(target).inputs { try target.read(input) }
  }

  @Test("every input of the corpus, cut off anywhere, keeps the promise", arguments: [FuzzTarget.participantFile, .errorEntry])
  func cutOff(target: FuzzTarget) throws {
    for input in try FuzzCorpus(target).inputs {
      for length in 0...input.count { try target.read(Array(input[..<length])) }
    }
  }
}
