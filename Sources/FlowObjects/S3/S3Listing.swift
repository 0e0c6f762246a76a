import FlowCore

/// The pages of a list, joined (ListObjectsV2). A plain value. It ends, whatever the server sends.
struct S3Listing: Sendable {
  /// Pages without an object that may follow each other: they occur where many objects were removed.
  static let emptyPageLimit = 1000
  static let objectLimit = 50_000_000

  /// What is removed from the beginning of each key.
  let prefix: String
  /// How the keys begin.
  let wanted: String
  /// The most objects of a page; S3 has no larger ones.
  let pageLimit: Int
  private(set) var objects: [StoredObject] = []
  private(set) var isComplete = false
  private var continuation: String?
  private var lastKey: String?
  private var emptyPageCount = 0

  init(prefix: String, wanted: String, pageLimit: Int = 1000) {
    self.prefix = prefix
    self.wanted = wanted
    self.pageLimit = pageLimit
  }

  /// Of the next page. Keys are asked for in encoded form: XML has no form for some characters that they may have.
  var query: [(name: String, value: String)] {
    let query = [
      (name: "list-type", value: "2"), (name: "encoding-type", value: "url"), (name: "max-keys", value: String(pageLimit)), (name: "prefix", value: wanted),
    ]
    return continuation.map { query + [(name: "continuation-token", value: $0)] } ?? query
  }

  /// Adds a page. Returns what is wrong with it, if anything.
  mutating func add(_ page: AnswerElement?) -> String? {
    guard let page, let isTruncated = page.text("IsTruncated") else { return "a page does not say whether another follows" }
    let isEncoded = page.text("EncodingType") == "url"
    let contents = page.children.filter { $0.name == "Contents" }
    for entry in contents {
      if let problem = add(entry, isEncoded) { return problem }
    }
    guard objects.count <= Self.objectLimit else { return "it has more than \(Self.objectLimit) objects" }
    emptyPageCount = contents.isEmpty ? emptyPageCount + 1 : 0
    guard emptyPageCount <= Self.emptyPageLimit else { return "\(Self.emptyPageLimit) pages in a row are empty" }
    guard isTruncated == "true" else {
      isComplete = true
      return nil
    }
    guard let next = page.text("NextContinuationToken"), !next.isEmpty, next != continuation else { return "a page does not say how to go on" }
    continuation = next
    return nil
  }

  private mutating func add(_ entry: AnswerElement, _ isEncoded: Bool) -> String? {
    guard let text = entry.text("Key"), let whole = isEncoded ? PercentEncoding.formDecoded(text).map({ String(decoding: $0, as: UTF8.self) }) : text,
      let size = entry.text("Size").flatMap({ Int64($0) }), size >= 0
    else { return "an object has no key or no size" }
    guard whole.utf8.starts(with: wanted.utf8) else { return "the object '\(ObjectKey.shown(whole))' was not asked for" }
    // Also what ends a list that would begin again and again.
    if let lastKey, !ObjectKey.isBefore(lastKey, whole) { return "the object '\(ObjectKey.shown(whole))' is out of order" }
    lastKey = whole
    let key = String(decoding: whole.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
    // What is no key's was put there by something else, such as the marks of folders that browsers of buckets make.
    if ObjectKey.problem(key) == nil { objects.append(StoredObject(key: key, sizeBytes: size)) }
    return nil
  }
}
