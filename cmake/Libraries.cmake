# Third-party libraries, as imported targets. All come from Debian packages (tools/packages/).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
find_package(Eigen3 3.3 REQUIRED NO_MODULE)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)
set(TILLSTREAM_RDKAFKA_ROOT "" CACHE PATH "The librdkafka that tools/librdkafka.sh builds; default: the system's")
if(TILLSTREAM_KAFKA)
  if(TILLSTREAM_RDKAFKA_ROOT)
    set(ENV{PKG_CONFIG_PATH} "${TILLSTREAM_RDKAFKA_ROOT}/lib/pkgconfig:$ENV{PKG_CONFIG_PATH}")
  endif()
  pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka>=2.0.2)
  # Comes without a description of itself. THREADED: with the functions that wait for the answer.
  find_path(ZOOKEEPER_INCLUDE_DIR zookeeper/zookeeper.h REQUIRED)
  find_library(ZOOKEEPER_LIBRARY zookeeper_mt REQUIRED)
  add_library(ZooKeeper::ZooKeeper UNKNOWN IMPORTED)
  set_target_properties(ZooKeeper::ZooKeeper PROPERTIES
                        IMPORTED_LOCATION ${ZOOKEEPER_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES ${ZOOKEEPER_INCLUDE_DIR}
                        INTERFACE_COMPILE_DEFINITIONS THREADED)
endif()
find_package(Boost 1.81 REQUIRED)
# Not its CMake package, which wants what its server and its push client are built with.
pkg_check_modules(PROMETHEUS REQUIRED IMPORTED_TARGET prometheus-cpp-core)
pkg_check_modules(CRYPT REQUIRED IMPORTED_TARGET libcrypt)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
