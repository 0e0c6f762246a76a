// Who imports the framework has its small parts too: times, zones, text forms, locks.
@_exported import FlowBase
