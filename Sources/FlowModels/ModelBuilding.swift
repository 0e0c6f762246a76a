import FlowCore
import StudyModel

/// Builds the models of a plan, one after the other.
package struct ModelBuilding: Sendable {
  package let plan: ModelPlan
  package let database: any ModelDatabase
  package let time: any TimeSource

  package init(_ plan: ModelPlan, in database: any ModelDatabase, time: any TimeSource) {
    self.plan = plan
    self.database = database
    self.time = time
  }

  /// Builds every model that can be. One that cannot does not stop those that do not refer to it.
  ///
  /// Throws `StopRun` where the database is lost.
  /// - Parameters:
  ///   - goesOn: asked before each model; false ends the build.
  ///   - tell: called after each model.
  package func run(goesOn: @Sendable () -> Bool = { true }, tell: @Sendable (ModelReport) -> Void = { _ in }) async throws -> [ModelReport] {
    var reports: [ModelReport] = []
    var undone: [String: String] = [:]
    for step in plan.steps {
      guard goesOn() else { break }
      let start = time.monotonic
      var report = ModelReport(name: step.name, kind: step.kind)
      if let reference = step.references.first(where: { undone[$0] != nil }) {
        report.failed = "model '\(reference)', which it refers to, has failed"
      } else {
        switch step.action {
        case .skip(let reason): report.skipped = reason
        case .build(let build): try await run(build, of: step, &report)
        }
      }
      undone[step.name] = report.failed
      report.seconds = (time.monotonic - start).seconds
      tell(report)
      reports.append(report)
    }
    return reports
  }

  private func run(_ build: ModelBuild, of step: ModelPlan.Step, _ report: inout ModelReport) async throws {
    do {
      report.take(try await database.build(build, restoring: plan.views))
    } catch let stop as StopRun {
      throw stop
    } catch {
      report.failed = "\(step.file): \((error as? Diagnostic)?.message ?? "\(error)")"
    }
  }
}

extension Duration {
  fileprivate var seconds: Double {
    let (seconds, attoseconds) = components
    // Whole milliseconds: what is printed is what is stored.
    return Double(seconds) + Double(attoseconds / 1_000_000_000_000_000) / 1000
  }
}
