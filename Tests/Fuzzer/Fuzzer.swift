import CFuzzer
import Foundation
import FuzzTargets

/// What libFuzzer calls back into: its interface is a C function without context.
private let chosen = FuzzTarget(rawValue: CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "")

func fuzz(_ target: FuzzTarget, options: [String]) {
  var arguments: [UnsafeMutablePointer<CChar>?] = options.map { strdup($0) }
  let status = run_fuzzer(&arguments, Int32(arguments.count)) { bytes, count in
    guard let chosen else { return }
    do {
      try chosen.read(Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
      fatalError("\(error)")
    }
  }
  exit(status)
}

/// One file an input, and the words as libFuzzer's dictionary `TARGET.dict` beside the folder.
func writeCorpus(of target: FuzzTarget, to folder: String) throws {
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  let corpus = try FuzzCorpus(target)
  for (number, input) in corpus.inputs.enumerated() { try Data(input).write(to: URL(filePath: "\(folder)/\(number)")) }
  let words = corpus.words.map { word in
    "\"" + word.utf8.map { "\\x" + String(0x100 + Int($0), radix: 16).dropFirst() }.joined() + "\""
  }
  try Data((words.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: "\(folder).dict"))
}
