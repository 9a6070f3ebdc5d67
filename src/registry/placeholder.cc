namespace tillstream {}
