/// A FlowFile's content: nothing, bytes, or typed rows.
package enum Content: Sendable, Equatable {
  case empty
  case bytes([UInt8])
  case records(RecordBatch)

  package var sizeBytes: Int {
    switch self {
    case .empty: 0
    case .bytes(let bytes): bytes.count
    case .records(let batch): batch.sizeBytes
    }
  }
}
