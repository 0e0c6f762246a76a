/// The promises of `RecordStore`, for every store alike.
package enum StoreConformance {
  typealias Bench = StoreBench

  package static let checks = life + schema + writes + answers + intervals + ledger + findings + failures + concurrency + erasure + reading
}
