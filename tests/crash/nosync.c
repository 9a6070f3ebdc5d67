/* The planted fault of test_power_cut.py: a system whose fdatasync() says yes and does nothing. */
int fdatasync(int fd) {
  (void)fd;
  return 0;
}
