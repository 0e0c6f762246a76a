import FlowBase
import FlowCore
import FlowCrypto
import FlowObjects
import StudyModel
import StudyObjects
import StudyRaw

extension FlowCheck {
  // MARK: Databases

  /// Whether a store opens, what it is, and whether it fits the flow.
  func look(at store: any RecordStore, _ name: String) async -> [CheckFinding] {
    let check = "database", tables = graph.tableUses().filter { $0.service == name }.map(\.table)
    do {
      let survey = try await store.survey(tables: tables, participants: isSimulated ? "simulated" : "real")
      let problems = survey.problems.flatMap { CheckFinding.failed(check, $0, exit: .misconfigured) }
      let doubts = survey.doubts.map { CheckFinding.warn(check, "\(store.location): \($0.found)", next: $0.next) }
      guard problems.isEmpty else { return problems + doubts }
      let missing = store.localPath == nil ? "opens; the first run makes its tables" : "not there yet; the first run makes it"
      let state = survey.isPrepared ? "opens" : missing
      let words = ["\(store.location): \(survey.system), \(state)", survey.layout].compactMap { $0 }
      return [.ok(check, words.joined(separator: "; "))] + doubts
    } catch {
      return CheckFinding.failed(check, error, exit: error is Diagnostics || error is Diagnostic ? .misconfigured : .unavailable)
    }
  }

  // MARK: Storages and warehouses

  /// Storages take a write and a removal; a warehouse answers. What a flow leaves off is not looked at.
  func storages(_ services: ServiceDirectory) async -> [CheckFinding] {
    var findings: [CheckFinding] = []
    for storage in services.rawStorages where storage.isOn { findings += await write("raw storage", storage.location) }
    for storage in services.objectStorages where storage.isOn { findings += await write("object storage", storage.location) }
    for warehouse in services.warehouses where warehouse.isOn { findings += await open(warehouse) }
    return findings
  }

  private func write(_ check: String, _ location: String) async -> [CheckFinding] {
    let bytes = Array("flowrun check\n".utf8)
    let key = "flowrun-check-\(Hexadecimal.text(environment.random.next(), width: 16))"
    do {
      // An object alone would leave the folder behind that it was written to.
      if !ObjectStorages.isBucket(location) { return [await folder(check, location)] }
      let storage = try ObjectStorages.make(location, environment: environment)
      do throws(ObjectStorageError) {
        try await storage.put(key, from: .bytes(bytes), sha256: SHA256.digest(of: bytes))
      } catch {
        return CheckFinding.failed(check, error, exit: error.kind == .invalid ? .misconfigured : .unavailable)
      }
      do throws(ObjectStorageError) {
        try await storage.remove(key)
      } catch {
        return [
          .warn(
            check, "\(location): takes a write, but not its removal: \(error.message)",
            next: "remove the object \(key); runs never remove an object, but withdrawal with erasure and exports do: allow s3:DeleteObject")
        ]
      }
      return [.ok(check, "\(location): takes a write and its removal")]
    } catch {
      return CheckFinding.failed(check, error, exit: .misconfigured)
    }
  }

  private func open(_ warehouse: any WarehouseLoading) async -> [CheckFinding] {
    warehouse.cutWaitsShort()
    do {
      try await withClosing { try await warehouse.prepare() } close: { try await warehouse.close() }
      return [.ok("warehouse", "\(warehouse.location): opens")]
    } catch {
      return CheckFinding.failed("warehouse", error, exit: .unavailable)
    }
  }
}
