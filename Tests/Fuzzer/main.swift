import CFuzzer
import FuzzTargets

// libFuzzer around one reader: `fuzzer TARGET [libFuzzer's options and corpus folders]`. Built by Scripts/fuzz only, with the sanitizer's
// runtime linked in.

guard CommandLine.arguments.count > 1, let target = FuzzTarget(rawValue: CommandLine.arguments[1]) else {
  fatalError("expected one of: \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", "))")
}
if CommandLine.arguments.count > 3, CommandLine.arguments[2] == "--write-corpus" {
  try writeCorpus(of: target, to: CommandLine.arguments[3])
} else {
  fuzz(target, options: [CommandLine.arguments[0]] + CommandLine.arguments.dropFirst(2))
}
