import FlowBase

/// A request for a paginated list: of sleeps or of activities.
struct FitbitLogList: Sendable, Equatable {
  static let sleepPath = "/1.2/user/-/sleep/list.json"
  static let activityPath = "/1/user/-/activities/list.json"

  let path: String

  /// The boundary date, which is excluded.
  let date: CivilDate
  let isAscending: Bool
  let limit: Int
  let offset: Int

  /// - Throws: `WireRefusal`.
  init(path: String, _ query: [String: String], today: CivilDate) throws(WireRefusal) {
    func refuse(_ field: String, _ message: String) -> WireRefusal { .validation(field: field, message: message) }
    guard let limit = query["limit"].flatMap({ Int($0) }), 1...100 ~= limit else { throw refuse("limit", "The limit must be from 1 to 100.") }
    guard let offset = query["offset"].flatMap({ Int($0) }), offset >= 0 else { throw refuse("offset", "The offset must be 0.") }
    switch (query["afterDate"], query["beforeDate"], query["sort"]) {
    case (let after?, nil, "asc"):
      date = try FitbitRoute.date(after.prefix(10), today: today)
      isAscending = true
    case (nil, let before?, "desc"):
      date = try FitbitRoute.date(before.prefix(10), today: today)
      isAscending = false
    default: throw refuse("sort", "Either afterDate with sort=asc or beforeDate with sort=desc is required.")
    }
    self.path = path
    self.limit = limit
    self.offset = offset
  }

  /// The path and query of another page, without scheme and host.
  func target(offset: Int) -> String {
    let date = isAscending ? "afterDate=\(date)" : "beforeDate=\(date)"
    return "\(path)?offset=\(offset)&limit=\(limit)&sort=\(isAscending ? "asc" : "desc")&\(date)"
  }

  /// The part of a response that says how to go on. A link's offset is not 0, although a request's must be.
  /// - Parameters:
  ///   - count: entries of the page.
  ///   - total: entries of the list.
  ///   - origin: scheme and host.
  func pagination(count: Int, of total: Int, origin: String) -> String {
    let end = offset + count
    let next = end < total ? origin + target(offset: end) : ""
    let previous = offset > 0 ? origin + target(offset: max(0, offset - limit)) : ""
    return #"{"\#(isAscending ? "afterDate" : "beforeDate")":"\#(date)","limit":\#(limit),"next":"\#(next)","#
      + #""offset":\#(offset),"previous":"\#(previous)","sort":"\#(isAscending ? "asc" : "desc")"}"#
  }
}
