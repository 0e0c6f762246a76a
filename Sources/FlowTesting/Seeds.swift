import Foundation

/// The seeds of a test that explores many interleavings or faults, chosen by environment variables:
/// `FLOWRUN_SEED=17` one, to repeat a failure; `FLOWRUN_SEEDS=100-400` a range; `FLOWRUN_SOAK=500` from 1 to 500.
package enum Seeds {
  /// - Parameter usual: the number of seeds of a normal test run, from 1.
  package static func chosen(usual: UInt64) -> [UInt64] {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["FLOWRUN_SEED"].flatMap({ UInt64($0) }) { return [seed] }
    let range = (environment["FLOWRUN_SEEDS"] ?? "").split(separator: "-").compactMap { UInt64($0) }
    if range.count == 2, range[0] <= range[1] { return Array(range[0]...range[1]) }
    return Array(1...max(1, environment["FLOWRUN_SOAK"].flatMap { UInt64($0) } ?? usual))
  }
}
