/// How the values of a page are written (parquet.thrift, `Encoding`).
enum PageEncoding: Int32 {
  case plain = 0
  case runLength = 3
  case deltaBinaryPacked = 5
  case dictionary = 8
}

/// A page as it is in the file.
struct EncodedPage {
  /// `PageHeader` and content, compressed.
  var bytes: [UInt8]
  /// The header and the content before it was compressed.
  var uncompressedCount: Int
  /// `plain` for a dictionary's entries.
  var encoding: PageEncoding
}

/// What goes before the content of a page (parquet.thrift, `PageHeader`). Data pages are those of version 1, which every reader knows.
struct PageHeader {
  enum Kind {
    /// - Parameter rows: NULLs among them.
    case data(rows: Int, PageEncoding)
    case dictionary(entries: Int)
  }

  var kind: Kind
  /// Of the content.
  var uncompressedCount: Int
  var compressedCount: Int
  var checksum: UInt32

  var bytes: [UInt8] {
    CompactWriter.structure { page in
      switch kind {
      case .data: page.field(1, Int32(0))
      case .dictionary: page.field(1, Int32(2))
      }
      page.field(2, Int32(uncompressedCount))
      page.field(3, Int32(compressedCount))
      page.field(4, Int32(bitPattern: checksum))
      switch kind {
      case .data(let rows, let encoding):
        page.field(5) { data in
          data.field(1, Int32(rows))
          data.field(2, encoding.rawValue)
          // Definition levels, and repetition levels, which a flat file has none of.
          data.field(3, PageEncoding.runLength.rawValue)
          data.field(4, PageEncoding.runLength.rawValue)
        }
      case .dictionary(let entries):
        page.field(7) { dictionary in
          dictionary.field(1, Int32(entries))
          dictionary.field(2, PageEncoding.plain.rawValue)
          dictionary.field(3, false)
        }
      }
    }
  }
}
