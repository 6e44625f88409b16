import Glibc

/// The metrics that every process has, under the names that Prometheus' own clients use; read from `/proc` and the kernel when asked for.
public enum ProcessMetrics {
    /// Declares the `process_*` families.
    ///
    /// - Parameter registry: where to declare them.
    public static func declare(in registry: MetricsRegistry) {
        registry.sampled("process_cpu_seconds_total", help: "Total user and system CPU time spent, in seconds.") {
            [MetricSample([], cpuSeconds)]
        }
        registry.sampled("process_resident_memory_bytes", help: "Resident memory size, in bytes.") {
            ProcessStatus.read().map { [MetricSample([], Double($0.residentBytes))] } ?? []
        }
        registry.sampled("process_virtual_memory_bytes", help: "Virtual memory size, in bytes.") {
            ProcessStatus.read().map { [MetricSample([], Double($0.virtualBytes))] } ?? []
        }
        registry.sampled("process_open_fds", help: "Number of open file descriptors.") {
            openFileDescriptors.map { [MetricSample([], Double($0))] } ?? []
        }
        registry.sampled("process_max_fds", help: "Maximum number of open file descriptors.") {
            maxFileDescriptors.map { [MetricSample([], Double($0))] } ?? []
        }
        registry.sampled(
            "process_start_time_seconds", help: "Start time of the process since the Unix epoch, in seconds."
        ) {
            ProcessStatus.read().flatMap(\.startTime).map { [MetricSample([], $0)] } ?? []
        }
    }

    /// The memory of this process that is in RAM now, in bytes; 0 if the kernel does not say.
    public static var residentBytes: Int { ProcessStatus.read()?.residentBytes ?? 0 }

    /// The address space of this process, in bytes; 0 if the kernel does not say.
    public static var virtualBytes: Int { ProcessStatus.read()?.virtualBytes ?? 0 }

    private static var cpuSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
    }

    private static var openFileDescriptors: Int? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Less `.`, `..` and the directory itself.
        return max(0, count - 3)
    }

    private static var maxFileDescriptors: UInt64? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return UInt64(limit.rlim_cur)
    }
}

/// What `/proc/self/stat` says of this process.
private struct ProcessStatus {
    var residentBytes: Int
    var virtualBytes: Int
    /// Seconds since the Unix epoch.
    var startTime: Double?

    static func read() -> ProcessStatus? {
        // The command's name stands in parentheses and may hold spaces and parentheses itself.
        guard let text = contents(of: "/proc/self/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        // proc(5) counts from 1, and the first field after the name is number 3.
        guard fields.count > 21, let start = Double(fields[19]), let virtual = Int(fields[20]),
            let pages = Int(fields[21])
        else { return nil }
        let startTime = bootTime.map { $0 + start / Double(max(1, sysconf(Int32(_SC_CLK_TCK)))) }
        return ProcessStatus(
            residentBytes: pages * sysconf(Int32(_SC_PAGESIZE)), virtualBytes: virtual, startTime: startTime)
    }

    private static let bootTime: Double? = {
        let line = contents(of: "/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line?.split(separator: " ").last.flatMap { Double($0) }
    }()

    private static func contents(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
