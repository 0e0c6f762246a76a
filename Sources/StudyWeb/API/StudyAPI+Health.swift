import FlowCore
import FlowRuntime
import HTTPTypes
import Hummingbird
import StudyModel

/// What a supervisor asks for.
extension StudyAPI {
  func addHealth(to router: Router<WebContext>) {
    // The process answers.
    router.get("/healthz") { _, _ in Self.plain("ok") }
    // Its databases do, too, and it starts runs. Who may ask without a token learns no more than yes or no.
    router.get("/readyz") { _, _ in
      if desk.isStopping {
        throw WebProblem(.serviceUnavailable, "the server is stopping: it waits for its runs to end, and starts none", headers: [.retryAfter: "10"])
      }
      guard await ready.isReady else {
        throw WebProblem(.serviceUnavailable, "a database cannot be opened; the server's log says why", headers: [.retryAfter: "10"])
      }
      return Self.plain("ready")
    }
    router.get("/metrics") { _, _ in
      Response(
        status: .ok, headers: [.contentType: PrometheusText.mediaType],
        body: ResponseBody(byteBuffer: ByteBuffer(string: PrometheusText.text(try await families()) + "\n")))
    }
  }

  private static func plain(_ text: String) -> Response {
    Response(status: .ok, headers: [.contentType: "text/plain; charset=utf-8"], body: ResponseBody(byteBuffer: ByteBuffer(string: text + "\n")))
  }

  private func families() async throws -> [MetricFamily] {
    var families: [MetricFamily] = [
      MetricFamily("flowrun_build_info", "The version of flowrun, as a label.", .gauge, [.init(["version": Version.text], 1)]),
      MetricFamily("flowrun_event_streams", "Streams of events under way.", .gauge, [.init(Double(streams.count))]),
    ]
    for source in metrics { families += await source.metrics() }
    let active = await desk.active()
    families.append(
      MetricFamily(
        "flowrun_runs_under_way", "Runs under way, by flow.", .gauge,
        studies.map { study in .init(["flow": study.flow.name], Double(active.count { $0.flow == study.flow.name })) }))
    families += active.flatMap(Self.families)
    families += try await lastReports().flatMap(\.metrics)
    return families
  }

  private static func families(_ update: LiveUpdate) -> [MetricFamily] {
    let flow = ["flow": update.flow]
    return [
      MetricFamily(
        "flowrun_run_participants", "Participants of the run under way.", .gauge,
        [.init(flow.merging(["state": "done"]) { $1 }, Double(update.participants.done)), .init(flow.merging(["state": "total"]) { $1 }, Double(update.participants.total))]),
      MetricFamily(
        "flowrun_queue_flowfiles", "FlowFiles that wait between two processors of the run under way.", .gauge,
        update.queues.map { .init(flow.merging(["from": $0.from, "to": $0.to]) { $1 }, Double($0.count)) }),
    ]
  }

  /// The report of the last finished run of each served flow. Its counters begin again with each run, which Prometheus takes as a reset.
  private func lastReports() async throws -> [RunReport] {
    let runs = try await runs()
    var reports: [RunReport] = []
    for study in studies {
      let last = runs.first { $0.flow == study.flow.name && ![.running, .interrupted].contains($0.status) }
      if let last { reports.append(try await history.report(of: last.run)) }
    }
    return reports
  }
}
