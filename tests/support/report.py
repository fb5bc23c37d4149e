"""What a test run says at its end: which broker and database it used, and which tests did not run and why.

A test that could not run is never a silent skip: it is named, and but for missing real data the run ends with 3.
"""

from dataclasses import dataclass, field

import pytest

NO_REAL_DATA = "RINGLEDGER_REAL_DATA is not set"
EXIT_NOT_RUN = 3


@dataclass(kw_only=True, slots=True)
class RunReport:
    """Collected while tests run; `not_run` maps a reason to the tests it kept from running."""

    brokers: list[str] = field(default_factory=list)
    databases: list[str] = field(default_factory=list)
    not_run: dict[str, list[str]] = field(default_factory=dict)

    def use_broker(self, described: str) -> None:
        """Name a broker that tests ran on."""
        if described not in self.brokers:
            self.brokers.append(described)

    def use_database(self, described: str) -> None:
        """Name a database server that tests ran on."""
        if described not in self.databases:
            self.databases.append(described)

    def note(self, report: pytest.TestReport) -> None:
        """Take down a test that was skipped."""
        if report.skipped and not hasattr(report, "wasxfail"):
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self.not_run.setdefault(reason.removeprefix("Skipped: "), []).append(report.nodeid)

    def exit_status(self, status: int) -> int:
        """3 where tests passed but some could not run for want of something other than real data."""
        wanting = [reason for reason in self.not_run if reason != NO_REAL_DATA]
        return (
            EXIT_NOT_RUN
            if wanting and status in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
            else status
        )

    def write(self, terminal: pytest.TerminalReporter) -> None:
        """The lines for the end of the run."""
        for reason, names in sorted(self.not_run.items()):
            terminal.section(f"not run: {reason}", sep="-")
            for name in sorted(set(names)):
                terminal.line(name)
        terminal.section("ran on", sep="-")
        terminal.line(f"broker: {', '.join(self.brokers) or 'none used'}")
        terminal.line(f"database: {', '.join(self.databases) or 'none used'}")
