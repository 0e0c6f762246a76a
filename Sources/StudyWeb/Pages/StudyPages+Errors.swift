import FlowCore
import FlowErrors
import FlowRuntime
import HTTPTypes
import Hummingbird
import StudyModel

extension StudyPages {
  /// Entries of a cause that one page lists.
  private static let listed = 200
  /// Of each content; the rest is in the file.
  private static let contentBytes = 64 << 10

  /// What the error folder holds of a flow.
  struct OwnEntries {
    /// Oldest first; none without an error folder.
    var entries: [StoredEntry] = []
    /// Those that cannot be read: of which flow they are is not known.
    var damaged: [DamagedEntry] = []
  }

  func ownEntries(_ study: StudyAccess) async throws -> OwnEntries {
    let listing: ErrorRecords.Listing
    do {
      listing = try await errors.list()
    } catch let problems as Diagnostics where problems.isUsage {
      return OwnEntries()
    }
    let own = listing.entries.isEmpty ? [] : try await EntryOwnership.read(study.flow.graph, machine.toolEnvironment).owned(listing.entries)
    return OwnEntries(entries: own, damaged: listing.damaged)
  }

  func errorList(_ request: PageRequest) async throws -> Response {
    try await keptPage(request, PageAge.Basis(sharp: [], soft: try await entryNames())) { [self] request in try await errorsHTML(request) }
  }

  /// The page that a replay has answered with.
  private func errors(_ request: PageRequest, _ extra: [String: Any], status: HTTPTypes.HTTPResponse.Status = .ok) async throws -> Response {
    .page(try await errorsHTML(request, extra), status: status)
  }

  private func errorsHTML(_ request: PageRequest, _ extra: [String: Any] = [:]) async throws -> String {
    let own = try await ownEntries(request.study)
    var entries = own.entries
    var filters: [String] = []
    if let participant = request["participant"] {
      entries = entries.filter { $0.participant == participant }
      filters.append("participant \(participant)")
    }
    if let run = request["run"] {
      entries = entries.filter { $0.document.run == run }
      filters.append("run \(run)")
    }
    var values: [String: Any] = ["has_causes": !entries.isEmpty, "causes": causes(entries, request), "all_href": request.link(["errors"])]
    if !own.damaged.isEmpty {
      values["damaged"] = [
        "words": own.damaged.count == 1 ? "An entry cannot be read, and is not counted above:" : "\(own.damaged.count) entries cannot be read, and are not counted above:",
        "entries": own.damaged.prefix(Self.listed).map { "\($0)" },
      ] as [String: Any]
    }
    if !filters.isEmpty { values["filter"] = filters.joined(separator: ", ") }
    return html(.errors, title: "Errors", section: "/errors", request, values.merging(extra) { $1 })
  }

  private func causes(_ entries: [StoredEntry], _ request: PageRequest) -> [[String: Any]] {
    EntrySummary.all(entries, by: .cause).map { summary in
      let own = entries.filter { $0.cause.rawValue == summary.name }.sorted { ($1.time, $0.path) < ($0.time, $1.path) }
      var values: [String: Any] = [
        "name": summary.name, "words": PageWords.words(summary.name), "count": PageWords.number(summary.count),
        "participants": PageWords.number(summary.participants.count), "example": summary.example,
        // An answer at fault is asked again once a run, until it is sound.
        "by_itself": summary.name == Cause.badData.rawValue
          ? "each run asks once more" : ["yes": "the next run asks again", "some": "some are asked again"][summary.retryable] ?? "no",
        "entries": own.prefix(Self.listed).map { row($0, request) },
      ]
      if own.count > Self.listed {
        values["more"] = PageWords.number(own.count - Self.listed)
        values["command"] = request.study.flow.hint.command("errors", "list")
      }
      return values
    }
  }

  private func row(_ entry: StoredEntry, _ request: PageRequest) -> [String: Any] {
    [
      "href": request.link(["errors", entry.document.uuid]), "short": String(entry.document.uuid.prefix(8)), "participant": entry.participant ?? "-",
      "data_type": entry.dataType ?? "-", "slice": entry.document.attributes[AttributeName.sliceStart].map { PageWords.time($0) } ?? "-",
      "processor": entry.document.processor, "time": PageWords.time(entry.document.time), "message": entry.document.message,
    ]
  }

  // MARK: One entry

  func entry(_ name: String, _ request: PageRequest) async throws -> Response {
    let entry = try await errors.entry(name, hint: request.study.flow.hint), document = entry.document
    var facts: [[String: Any]] = []
    func fact(_ name: String, _ value: String?, href: String? = nil) {
      guard let value else { return }
      var fact: [String: Any] = ["name": name, "value": value]
      if let href { fact["href"] = href }
      facts.append(fact)
    }
    fact("Participant", entry.participant, href: entry.participant.map { request.link(["participants", $0]) })
    fact("Processor", "\(document.processor) (\(document.processorType))")
    fact("Relationship", document.relationship)
    fact("When", "\(PageWords.time(document.time)) UTC")
    fact("HTTP status", document.status.map { "\($0)" })
    fact("Tries", "\(document.attempts)")
    fact("Asked again by itself", document.retryable ? "yes" : "no")
    fact("Run", document.run, href: request.link(["runs", document.run]))
    fact("Way", document.way?.joined(separator: " → "))
    fact("Provider", document.provider?.address)
    return page(.error_entry, title: "Error \(document.uuid.prefix(8))", section: "/errors", request, [
      "short": String(document.uuid.prefix(8)), "cause": PageWords.words(document.cause), "cause_name": document.cause, "message": document.message, "facts": facts,
      "participant": entry.participant ?? "", "processor": document.processor,
      "attributes": document.attributes.sorted { $0.key < $1.key }.map { ["name": $0.key, "value": PageWords.plain($0.value)] },
      "contents": try await contents(of: entry).map { ["name": $0.name, "text": $0.text, "words": $0.words] },
    ])
  }

  private struct KeptText: Sendable {
    var name: String
    var text: String
    var words: String
  }

  /// What the entry keeps, as text: its content, and the answer that it was made from.
  private func contents(of entry: StoredEntry) async throws -> [KeptText] {
    let fileSystem = machine.fileSystem, limit = Self.contentBytes
    return try await lane.run {
      try [("Content", "content"), ("Answer of the provider", "response")].compactMap { title, file in
        let path = "\(entry.path)/\(file)"
        guard let status = try fileSystem.status(path), status.isRegularFile else { return nil }
        let bytes = try fileSystem.readChunk(path, at: 0, count: limit), size = PageWords.number(status.sizeBytes)
        return KeptText(
          name: title, text: PageWords.plain(String(decoding: bytes, as: UTF8.self)),
          words: status.sizeBytes > bytes.count
            ? "The first \(PageWords.number(bytes.count)) of \(size) bytes." : "\(size) \(status.sizeBytes == 1 ? "byte" : "bytes").")
      }
    }
  }

  // MARK: Replay

  private static let flags = ["dry", "change"]

  func replay(_ form: FormFields, _ request: PageRequest) async throws -> Response {
    try form.checkNames(["flow", "cause", "participant", "processor", "from"] + Self.flags)
    func field(_ name: String) -> String? { form.first(name).flatMap { $0.isEmpty ? nil : $0 } }
    // A button or a ticked box sends 'yes'.
    for name in Self.flags { if let value = field(name), value != "yes" { throw WebProblem.badRequest("the field '\(name)' is '\(value.prefix(100))'; expected yes, or no such field") } }
    var order = ReplayOrder(flow: request.study.flow.name, isDryRun: field("dry") != nil)
    order.cause = field("cause")
    order.participant = field("participant")
    order.processor = field("processor")
    order.from = field("from")
    order.allowsFlowChange = field("change") != nil
    do {
      let receipt = try await desk.replay(order)
      if let run = receipt.run { return .redirected(to: request.link(["runs", run])) }
      let words = receipt.entries == 0 ? "Nothing would be replayed." : "\(PageWords.count(receipt.entries, "entry", "entries")) would be put back in. Nothing has been changed."
      return try await errors(request, [
        "receipt": [
          "title": order.isDryRun ? "What a replay would do" : "Nothing was replayed", "words": order.isDryRun ? words : "There was nothing to put back in.", "has_notes": !receipt.notes.isEmpty, "notes": receipt.notes,
        ] as [String: Any],
      ])
    } catch let refusal as RunRefusal {
      return try await errors(request, ["problem": refusal.message], status: WebProblem(refusal).status)
    }
  }
}
