/// The requirements of `RecordStore` that apply to every store.
package enum StoreConformance {
  typealias Bench = StoreBench

  package static let checks = life + schema + writes + answers + intervals + ledger + findings + failures + concurrency + erasure + reading + series + leases + models + audit
}
